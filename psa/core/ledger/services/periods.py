"""Fiscal periods: made a year at a time, closed in order, re-opened only with a reason."""

from datetime import date, datetime, timedelta

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import NotFound
from psa.core.ledger import selectors
from psa.core.ledger.events import LedgerEvent
from psa.core.ledger.models import FiscalPeriod, JournalEntry, PeriodEvent, ProofRun
from psa.core.ledger.rules.periods import PeriodTransitionRefused, check_can_become
from psa.core.ledger.rules.types import PeriodState

_SENTENCES = {
    PeriodState.OPEN: "re-opened period {name}",
    PeriodState.SOFT_CLOSED: "soft-closed period {name}",
    PeriodState.CLOSED: "closed period {name}",
}


def add_periods(
    *, tenant_id: int, legal_entity_id: int, from_on: date, until_on: date
) -> list[FiscalPeriod]:
    """Calendar months from ``from_on`` (first of a month) up to ``until_on``; existing ones stay."""
    months = []
    starts_on = from_on.replace(day=1)
    while starts_on < until_on:
        ends_on = (
            date(starts_on.year + 1, 1, 1)
            if starts_on.month == 12
            else date(starts_on.year, starts_on.month + 1, 1)
        )
        months.append(
            FiscalPeriod(
                tenant_id=tenant_id,
                legal_entity_id=legal_entity_id,
                name=f"{starts_on:%Y-%m}",
                starts_on=starts_on,
                ends_on=ends_on,
            )
        )
        starts_on = ends_on
    return FiscalPeriod.objects.bulk_create(months, ignore_conflicts=True)


def change_state(
    *, period_id: int, state: PeriodState, reason: str, actor: Actor, at: datetime
) -> FiscalPeriod:
    """Soft-close, close or re-open one period; the row lock waits for postings in progress.

    Closing refuses while actuals of the period are not in the books yet; who closed a period
    can't re-open it. What else a close asks for (reconciliation: `close_period`; approvals: the
    cockpit) is checked before this is called.
    Raises  PermissionDenied, NotFound, PeriodTransitionRefused naming what stands in the way.
    Source  docs/rules/ledger.md, L-3.
    """
    actor.require("ledger.manage_periods")
    period = (
        FiscalPeriod.objects.select_for_update(of=("self",))
        .select_related("legal_entity")
        .filter(pk=period_id)
        .first()
    )
    if period is None:
        raise NotFound("There is no such fiscal period.")
    before = PeriodState(period.state)
    if state is PeriodState.OPEN or before is PeriodState.CLOSED:
        actor.require("ledger.reopen_period")
    calendar = selectors.periods_by_entity([period.legal_entity_id])[period.legal_entity_id]
    check_can_become(calendar, period_id=period_id, state=state, reason=reason)
    if before is PeriodState.CLOSED:
        _check_second_person(period, actor)
    if state is PeriodState.CLOSED:
        waiting = selectors.unjournalled_count(period=period)
        if waiting:
            raise PeriodTransitionRefused(
                f"{waiting} actuals of {period.name} are not in the books yet. "
                "Start the posting run, then close."
            )
    period.state = state.value
    period.closed_at = at if state is PeriodState.CLOSED else None
    period.save(update_fields=["state", "closed_at"])
    PeriodEvent.objects.create(
        tenant_id=period.tenant_id,
        period=period,
        from_state=before.value,
        to_state=state.value,
        reason=reason.strip()[:300],
        at=at,
        by_id=actor.membership_id,
    )
    audit.record(
        actor=actor,
        at=at,
        event=LedgerEvent.PERIOD_CHANGED,
        record_type="ledger.FiscalPeriod",
        record_id=period.pk,
        sentence=_SENTENCES[state].format(name=period.name)
        + f" of {period.legal_entity.name}"
        + (f": {reason.strip()}" if reason.strip() else ""),
        changes={"state": [before.value, state.value]},
    )
    return period


def _check_second_person(period: FiscalPeriod, actor: Actor) -> None:
    closed_by_id = (
        PeriodEvent.objects.filter(period=period, to_state=PeriodState.CLOSED.value)
        .order_by("-id")
        .values_list("by_id", flat=True)
        .first()
    )
    if closed_by_id is not None and closed_by_id == actor.membership_id:
        raise PeriodTransitionRefused(
            f"You closed period {period.name} yourself. Somebody else who may re-open periods "
            "has to re-open it.",
        )


def check_is_proven(period: FiscalPeriod) -> None:
    """The latest reconciliation as of the period's last day holds, and nothing was posted since.

    Raises  PeriodTransitionRefused saying what to run or to look at. Two queries.
    """
    last_on = period.ends_on - timedelta(days=1)
    proof = (
        ProofRun.objects.filter(legal_entity_id=period.legal_entity_id, as_of=last_on)
        .order_by("-id")
        .first()
    )
    if proof is None:
        raise PeriodTransitionRefused(
            f"Period {period.name} was not reconciled yet. Run the reconciliations as of "
            f"{last_on:%-d %b %Y}, then close."
        )
    if not proof.is_proven:
        raise PeriodTransitionRefused(
            f"The reconciliations of {period.name} show a difference. Open the reconciliation "
            "page, which names the rows, then run them again."
        )
    if JournalEntry.objects.filter(period=period, recorded_at__gt=proof.run_at).exists():
        raise PeriodTransitionRefused(
            f"Something was posted to {period.name} after its reconciliations ran. "
            "Run them again, then close."
        )


def close_period(*, period_id: int, actor: Actor, at: datetime) -> FiscalPeriod:
    """Close a soft-closed period whose reconciliations are all at 0.00. Raises  as `change_state`."""
    actor.require("ledger.manage_periods")
    check_is_proven(selectors.get_period(period_id=period_id))
    return change_state(
        period_id=period_id, state=PeriodState.CLOSED, reason="", actor=actor, at=at
    )


def move_period(
    *, period_id: int, state: PeriodState, reason: str, actor: Actor, at: datetime
) -> FiscalPeriod:
    """What a person asks for on the periods page: closing asks for the proofs, the rest doesn't."""
    if state is PeriodState.CLOSED:
        return close_period(period_id=period_id, actor=actor, at=at)
    return change_state(period_id=period_id, state=state, reason=reason, actor=actor, at=at)
