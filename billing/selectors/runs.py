"""What billing runs read: which contracts have something to invoice, and what a run did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, QuerySet, Sum

from billing.models import Invoice, Proposal, SkippedContract
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.jobs import selectors as jobs
from psa.core.jobs.models import JobRun
from psa.core.ledger import selectors as ledger
from psa.core.ledger import unbilled
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.org import selectors as org
from psa.core.web.progress import JobProgress
from sales.models import Contract


def contracts_with_unbilled(
    *,
    actor: Actor,
    cutoff_on: date,
    contract_id: int | None = None,
    account_id: int | None = None,
    unit_id: int | None = None,
) -> dict[int, int]:
    """Contract → how many rows of free unbilled work up to the cut-off it has, by id.

    One query, two with a unit.
    """
    contracts = _contracts(actor, contract_id, account_id, unit_id)
    rows = _free(contracts.values("pk")).filter(work_on__lte=cutoff_on).values_list("contract_id")
    return dict(rows.annotate(count=Count("id")).order_by("contract_id"))


def work_after(
    *,
    actor: Actor,
    cutoff_on: date,
    today: date,
    contract_id: int | None = None,
    account_id: int | None = None,
    unit_id: int | None = None,
) -> date | None:
    """The last day up to today that has work to bill, where all of it lies after the cut-off.

    None where some lies before, or none anywhere. Two queries, three where it lies after; one more
    with a unit. Their cost is what stands unbilled, not the history.
    """
    oldest = {
        one.contract_id: one.oldest_on
        for one in unbilled.standing_sums()
        if one.contract_id is not None and one.oldest_on is not None
    }
    contracts = _contracts(actor, contract_id, account_id, unit_id).filter(pk__in=oldest)
    found = set(contracts.values_list("pk", flat=True))
    if not found or any(oldest[pk] <= cutoff_on for pk in found):
        return None
    rows = _free(found).filter(work_on__gt=cutoff_on, work_on__lte=today)
    latest_on: date | None = rows.aggregate(latest_on=Max("work_on"))["latest_on"]
    return latest_on


def _contracts(
    actor: Actor, contract_id: int | None, account_id: int | None, unit_id: int | None
) -> "QuerySet[Contract]":
    """The contracts that a run with these choices looks at."""
    contracts = visibility.contracts_visible_to(actor)
    if contract_id is not None:
        contracts = contracts.filter(pk=contract_id)
    if account_id is not None:
        contracts = contracts.filter(account_id=account_id)
    if unit_id is not None:
        contracts = contracts.filter(contracting_unit_id__in=org.units_below(unit_id))
    return contracts


def _free(contract_ids: Any) -> "QuerySet[Actual]":
    """Unbilled sales of these contracts that stand and that no draft holds."""
    return ledger.unclaimed(
        ledger.live(
            Actual.objects.filter(
                actual_type=ActualType.UNBILLED_SALES, contract_id__in=contract_ids
            )
        )
    )


def contract_numbers(contract_ids: Sequence[int]) -> dict[int, str]:
    """Contract → number. One query."""
    return dict(Contract.objects.filter(pk__in=contract_ids).values_list("id", "number"))


def contract_number(contract_id: int) -> str:
    return Contract.objects.values_list("number", flat=True).get(pk=contract_id)


def proposal_number(proposal_id: int) -> str:
    found = Proposal.objects.values_list("number", flat=True).filter(pk=proposal_id).first()
    return found or f"Proposal {proposal_id}"


def billing_runs(*, actor: Actor) -> QuerySet[Any]:
    """The rows of the list of runs."""
    return jobs.visible_to(actor).filter(kind="billing.billing_run").values(
        "id", "title", "state", "done", "total", "message", "requested_at", "finished_at",
        "requested_by__name",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DraftedRow:
    proposal_id: int
    number: str
    customer: str
    contract: str
    currency: str
    net: Decimal
    state: str


@dataclass(frozen=True, slots=True)
class SkippedRow:
    contract_id: int
    contract: str
    customer: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One billing run: its progress, what it drafted, and what it passed over and why."""

    id: int
    title: str
    cutoff_on: date
    progress: JobProgress
    drafted: list[DraftedRow]
    extended_count: int  # proposals it wrote into that other runs had begun
    skipped: list[SkippedRow]
    failures: Sequence[Any]
    contract_id: int | None  # that it was narrowed to
    work_until_on: date | None  # of a run that found nothing: the day up to which there is work


def run_page(*, actor: Actor, run_id: int, today: date) -> RunPage:
    """Raises  NotFound when the run is not the actor's to see, or not a billing run."""
    run: JobRun = visibility.one(
        jobs.visible_to(actor).filter(kind="billing.billing_run"), run_id, "billing run"
    )
    drafted = (
        visibility.proposals_visible_to(actor)
        .filter(run_key=run.key)
        .annotate(net=Sum("lines__amount"))
        .order_by("-net")
        .values_list(
            "id", "number", "account__name", "contract__number", "currency", "net", "state"
        )
    )
    skipped = (
        SkippedContract.objects.filter(
            run_key=run.key, contract__in=visibility.contracts_visible_to(actor).values("pk")
        )
        .order_by("contract__number")
        .values_list("contract_id", "contract__number", "contract__account__name", "reason")
    )
    page = jobs.run_page(actor=actor, run_id=run_id)
    found = [DraftedRow(*row) for row in drafted]
    cutoff_on = date.fromisoformat(run.arguments["cutoff_on"])
    narrowed = {name: run.arguments.get(name) for name in ("contract_id", "account_id", "unit_id")}
    is_empty = not page.progress.is_live and not run.total
    return RunPage(
        id=run.pk,
        title=run.title,
        cutoff_on=cutoff_on,
        progress=page.progress,
        drafted=found,
        extended_count=max(0, int((run.result or {}).get("proposals", 0)) - len(found)),
        skipped=[SkippedRow(*row) for row in skipped],
        failures=page.failures,
        contract_id=narrowed["contract_id"],
        work_until_on=work_after(actor=actor, cutoff_on=cutoff_on, today=today, **narrowed)
        if is_empty
        else None,
    )


def invoice_number(invoice_id: int) -> str:
    """Number of an invoice for a job's log. One query."""
    number = Invoice.objects.filter(pk=invoice_id).values_list("number", flat=True).first()
    return number or f"Invoice {invoice_id}"
