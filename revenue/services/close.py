"""The close of one entity's period: its steps in order, what each still finds, and running one."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from billing.models import Proposal
from billing.selectors.retainers import due_periods
from billing.services import retainers
from psa.core.actor import Actor
from psa.core.audit.wording import counted
from psa.core.errors import DomainError, NotFound
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import ActualBatch, FiscalPeriod, ProofRun
from psa.core.ledger.rules.types import PeriodState
from psa.core.ledger.services import periods, posting_run
from psa.core.org import features
from revenue import cost_selectors, intercompany_selectors, selectors
from revenue.models import RevenueEstimate
from revenue.permissions import RevenuePermission
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry

from . import intercompany_invoices
from .accruals import post_accruals, waiting_accruals
from .cost_charges import charge_contract_costs
from .estimate_posting import post_estimates
from .proofs import run_proofs
from .revaluation import moving_balances, revalue


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how many exceptions are left, what that means, and whether it can be run here."""

    code: str
    title: str
    is_done: bool
    note: str
    action: str = ""
    is_open: bool = True


def steps(*, period_id: int, actor: Actor) -> list[Step]:
    """The close of a period in order, computed from the records at this moment. Constant queries.

    Raises  PermissionDenied, NotFound.
    """
    actor.require(RevenuePermission.VIEW)
    period = ledger.get_period(period_id=period_id)
    found = _people(period)
    if features.books().are_kept:
        found += _of_the_books(period, actor)
    is_ready = all(step.is_done for step in found)
    state = PeriodState(period.state)
    waits = "waits for the steps before" if not is_ready else "ready"
    soft = state is not PeriodState.OPEN
    closed = state is PeriodState.CLOSED
    found.append(
        Step("soft_close", "Soft close", soft, "done" if soft else waits, "Soft close",
             is_open=is_ready and not soft)
    )  # fmt: skip
    found.append(
        Step("close", "Close", closed, "done" if closed else waits if soft else "after soft close",
             "Close", is_open=is_ready and soft and not closed)
    )  # fmt: skip
    if closed:
        return [
            Step(step.code, step.title, step.is_done, step.note, step.action, is_open=False)
            for step in found
        ]
    return found


def _of_the_books(period: FiscalPeriod, actor: Actor) -> list[Step]:
    """What a firm that keeps no books (Lite) has not got to do."""
    return [
        _retainers(period),
        _invoices(period),
        _posting(period),
        _lent_work(period),
        _accrual(period),
        _estimates(period, actor),
        _contract_costs(period),
        _revaluation(period),
        _proofs(period),
    ]


def run_step(*, period_id: int, code: str, actor: Actor, at: datetime) -> str:
    """Do one step and say what it did. Raises  NotFound for another code, and what its service does.

    Soft close and close are refused while a step before them has exceptions.
    """
    period = ledger.get_period(period_id=period_id)
    match code:
        case "retainers":
            done_count = retainers.reconcile_due(
                # A month that still runs is not over because somebody looks at its close.
                until_on=min(period.ends_on, at.date()),
                legal_entity_id=period.legal_entity_id,
                actor=actor,
                at=at,
            )
            return f"{done_count} retainer periods reconciled"
        case "posting":
            actor.require("ledger.post")
            done = posting_run.journal_batches(
                batch_ids=posting_run.waiting_batches(), actor=actor, at=at
            )
            return f"{len(done)} batches journalled"
        case "intercompany":
            last_on = min(period.ends_on - timedelta(days=1), at.date())
            issued = intercompany_invoices.issue_invoices(
                worked_until_on=last_on, issued_on=last_on, lender_id=period.legal_entity_id,
                actor=actor, at=at,
            )  # fmt: skip
            return counted(len(issued), "invoice issued", "invoices issued")
        case "accrual":
            accrued = post_accruals(period_id=period_id, actor=actor, at=at)
            return f"{accrued.posted} contracts accrued"
        case "estimates":
            posted = post_estimates(period_id=period_id, actor=actor, at=at)
            return f"{posted} estimates posted"
        case "contract_costs":
            charged = charge_contract_costs(period_id=period_id, actor=actor, at=at)
            return f"{counted(charged, 'contract cost', 'contract costs')} charged"
        case "revaluation":
            moved = revalue(period_id=period_id, actor=actor, at=at)
            if moved.at_spot:
                spot = ", ".join(moved.at_spot)
                return f"{moved.moved} foreign balances at the closing rate; at spot rates: {spot}"
            return f"{moved.moved} foreign balances at the closing rate"
        case "proofs":
            proofs = run_proofs(
                legal_entity_id=period.legal_entity_id,
                as_of=period.ends_on - timedelta(days=1),
                actor=actor,
                at=at,
            )
            return f"{sum(proof.holds for proof in proofs)} of {len(proofs)} at 0.00"
        case "soft_close" | "close":
            return _change(period, code, actor, at)
        case _:
            raise NotFound("There is no such step of the close.")


def _change(period: FiscalPeriod, code: str, actor: Actor, at: datetime) -> str:
    step = next(s for s in steps(period_id=period.pk, actor=actor) if s.code == code)
    if not step.is_open:
        raise DomainError(f"{step.title} of {period.title}: {step.note}.")
    state = PeriodState.SOFT_CLOSED if code == "soft_close" else PeriodState.CLOSED
    periods.move_period(period_id=period.pk, state=state, reason="", actor=actor, at=at)
    return f"{period.title} {'soft-closed' if code == 'soft_close' else 'closed'}"


def _people(period: FiscalPeriod) -> list[Step]:
    """Entries of the period not handed in, and handed in but not decided."""
    in_entity = Q(resource__org_unit__legal_entity_id=period.legal_entity_id)
    time = TimeEntry.objects.filter(
        in_entity, work_on__gte=period.starts_on, work_on__lt=period.ends_on
    )
    expenses = ExpenseEntry.objects.filter(
        in_entity, spent_on__gte=period.starts_on, spent_on__lt=period.ends_on
    )
    open_states = (EntryState.DRAFT, EntryState.RETURNED, EntryState.SUBMITTED)
    counts: Counter[str] = Counter()
    for rows in (time, expenses):
        counts.update(
            dict(
                rows.filter(state__in=open_states)
                .order_by()
                .values_list("state")
                .annotate(n=Count("id"))
            )
        )
    undecided = counts.pop(EntryState.SUBMITTED, 0)
    unsubmitted = counts.total()
    return [
        Step("time", "Time and expenses in", not unsubmitted, _left(unsubmitted, "not submitted")),
        Step("approvals", "Approvals done", not undecided, _left(undecided, "to approve")),
    ]


def _retainers(period: FiscalPeriod) -> Step:
    """Before the billing run: what is over is billed with it."""
    waiting = due_periods(until_on=period.ends_on, legal_entity_id=period.legal_entity_id).count()
    note = _left(waiting, "retainer period to reconcile", "retainer periods to reconcile")
    return Step("retainers", "Retainers", not waiting, note, "Reconcile" if waiting else "")


def _invoices(period: FiscalPeriod) -> Step:
    waiting = Proposal.objects.filter(
        legal_entity_id=period.legal_entity_id,
        state__in=(
            Proposal.State.DRAFT,
            Proposal.State.IN_REVIEW,
            Proposal.State.APPROVED,
        ),
        cutoff_on__lt=period.ends_on,
    ).count()
    return Step(
        "invoices",
        "Invoices confirmed",
        not waiting,
        _left(waiting, "proposal open", "proposals open"),
    )


def _posting(period: FiscalPeriod) -> Step:
    waiting = ledger.unjournalled_count(period=period)
    action = "Start" if ActualBatch.objects.filter(journalled_at__isnull=True).exists() else ""
    return Step(
        "posting",
        "Posting run",
        not waiting,
        _left(waiting, "actual to journal", "actuals to journal"),
        action,
    )


def _lent_work(period: FiscalPeriod) -> Step:
    """Lent work may stay accrued: both books agree on it before it is invoiced, and after."""
    waiting = len(
        intercompany_selectors.waiting(
            as_of=period.ends_on - timedelta(days=1), lender_id=period.legal_entity_id
        )
    )
    note = f"{counted(waiting, 'entity', 'entities')} to invoice for lent work; it may wait"
    return Step(
        "intercompany", "Intercompany invoices", True, note if waiting else "none open",
        "Invoice" if waiting else "",
    )  # fmt: skip


def _accrual(period: FiscalPeriod) -> Step:
    waiting = waiting_accruals(period)
    action = "Accrue" if waiting else ""
    return Step(
        "accrual",
        "WIP accrual",
        not waiting,
        _left(waiting, "contract to accrue", "contracts to accrue"),
        action,
    )


def _revaluation(period: FiscalPeriod) -> Step:
    """After accruals and estimates: the contract assets that they raise are revalued too."""
    waiting = len(moving_balances(period))
    note = _left(waiting, "foreign balance to revalue", "foreign balances to revalue")
    return Step("revaluation", "Revaluation", not waiting, note, "Revalue" if waiting else "")


def _estimates(period: FiscalPeriod, actor: Actor) -> Step:
    wanted = {row.obligation.pk for row in selectors.obligation_facts(period=period)}
    states = dict(
        RevenueEstimate.objects.filter(period=period)
        .exclude(state=RevenueEstimate.State.REVERSED)
        .values_list("obligation_id", "state")
    )
    missing = len(wanted - states.keys())
    unposted = sum(state != RevenueEstimate.State.POSTED for state in states.values())
    approved = any(state == RevenueEstimate.State.APPROVED for state in states.values())
    note = (
        f"{missing} without estimate, {unposted} not posted" if missing or unposted else "none open"
    )
    return Step(
        "estimates", "Revenue estimates", not missing and not unposted, note,
        "Post" if approved else "",
    )  # fmt: skip


def _contract_costs(period: FiscalPeriod) -> Step:
    """After the estimates: what a contract can still bear is read from them."""
    waiting = cost_selectors.costs_to_charge(period).count()
    note = _left(waiting, "capitalised cost to charge", "capitalised costs to charge")
    return Step("contract_costs", "Contract costs", not waiting, note, "Charge" if waiting else "")


def _proofs(period: FiscalPeriod) -> Step:
    last = (
        ProofRun.objects.filter(
            legal_entity_id=period.legal_entity_id, as_of=period.ends_on - timedelta(days=1)
        )
        .order_by("-id")
        .first()
    )
    if last is None:
        return Step("proofs", "Reconciliations", False, "not run for this period", "Run")
    broken = sum(1 for result in last.results if result["breaking"])
    total = len(last.results)
    note = f"{total - broken} of {total} at 0.00"
    return Step("proofs", "Reconciliations", last.is_proven, note, "Run again")


def _left(count: int, one: str, many: str = "") -> str:
    return counted(count, one, many or one) if count else "none open"
