"""Fiscal periods: made a year at a time, closed in order, re-opened only with a reason."""

from datetime import date, datetime

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import NotFound
from psa.core.ledger import selectors
from psa.core.ledger.events import LedgerEvent
from psa.core.ledger.models import FiscalPeriod
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

    Closing refuses while actuals of the period are not in the books yet. What else a close asks for
    (reconciliation, approvals) is the close cockpit's to check before it calls this.
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
