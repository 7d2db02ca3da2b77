"""How things stand, in up to five figures: each from a room's own sight, each with its page."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Final

from django.db.models import Count, Q
from moneyed import Money

from billing.permissions import BillingPermission
from billing.selectors.leakage import UnbilledRow, unbilled_by_contract
from billing.selectors.receivables import ageing
from projects.selectors.projects import ProjectRow, currency_of
from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission, LedgerPermission, PricingPermission
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import FiscalPeriod, ProofRun
from psa.core.org.models import Resource
from psa.core.web import sentences
from psa.core.web.formats import day_text, hours_text, money_text
from resources.permissions import ResourcesPermission
from sales.permissions import SalesPermission
from sales.selectors.opportunities import StageColumn, pipeline_columns

from .addresses import address
from .week import OwnHours

MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: an amount or a text, what to know beside it, and the page that holds it."""

    label: str
    note: str
    url: str
    amount: Money | None = None
    text: str = ""
    is_bad: bool = False


class Standing:
    """Reads what the reader's figures need; `columns` and `unbilled` stay for the panels below.

    What no figure shows is not asked for.
    """

    def __init__(
        self,
        *,
        actor: Actor,
        hours: OwnHours | None,
        projects: tuple[ProjectRow, ...],
        today: date,
    ) -> None:
        self.actor, self.hours, self.projects, self.today = actor, hours, projects, today
        self.columns: Sequence[StageColumn] = ()
        self.unbilled: Sequence[UnbilledRow] = ()

    def figures(self) -> tuple[Figure, ...]:
        """The first five that the role has something to do with."""
        return tuple(islice(self._all(), MOST))

    def _all(self) -> Iterator[Figure]:
        home = currency_of(self.actor)
        yield from _portfolio(self.projects, home)
        if _sells(self.actor):
            self.columns = pipeline_columns(actor=self.actor, today=self.today)
            yield from _pipeline(self.columns, home)
        if _bills(self.actor):
            self.unbilled = unbilled_by_contract(actor=self.actor, as_of=self.today)
            yield from _billing(self.actor, self.unbilled, self.today, home)
        yield from _books(self.actor)
        yield from _people(self.actor, self.today)
        yield from _firm(self.actor)
        yield from _own_month(self.hours, self.today)


def _sells(actor: Actor) -> bool:
    """Who bills sees sales only to look things up; who sells, or leads, lives by the pipeline."""
    leads = actor.has(SalesPermission.VIEW) and not actor.has(BillingPermission.REVIEW)
    return leads or actor.has(SalesPermission.MANAGE)


def _bills(actor: Actor) -> bool:
    return actor.has(BillingPermission.VIEW) and actor.has(PricingPermission.VIEW_BILL_RATES)


def _by_currency(amounts: Iterable[Money | None], home: str) -> list[Money]:
    """Sums of one currency each, the firm's own first; currencies are never added up."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for amount in amounts:
        if amount is not None:
            sums[amount.currency.code] += amount.amount
    found = [Money(total, code) for code, total in sums.items() if total]
    return sorted(found, key=lambda money: (money.currency.code != home, money.currency.code))


def _money(
    home: str,
    label: str,
    amounts: Iterable[Money | None],
    note: str,
    url: str,
    *,
    is_bad: bool = False,
) -> Figure:
    sums = _by_currency(amounts, home)
    others = " and ".join(money_text(o.amount, o.currency.code, 0) for o in sums[1:])
    said = f"and {others}; {note}" if others else note
    first = sums[0] if sums else None
    return Figure(label, said, url, amount=first, text="–", is_bad=is_bad and first is not None)


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _portfolio(rows: tuple[ProjectRow, ...], home: str) -> Iterator[Figure]:
    if not rows:
        return
    url = address("projects:project_list") + "?view=mine"
    noted = f"{_count(len(rows), 'project', 'projects')}, contract value"
    if any(row.contract is not None for row in rows):
        yield _money(home, "My portfolio", (row.contract for row in rows), noted, url)
    if any(row.eac is not None for row in rows):
        bad = sum("bad" in (row.health, row.computed_health) for row in rows)
        said = f"{_count(bad, 'project', 'projects')} off track" if bad else "all on track"
        yield _money(home, "Cost at completion", (row.eac for row in rows), said, url)
    if any(row.unbilled is not None for row in rows):
        unbilled = [row.unbilled for row in rows]
        yield _money(home, "Unbilled work", unbilled, "approved, not invoiced", url)


def _pipeline(columns: Sequence[StageColumn], home: str) -> Iterator[Figure]:
    count = sum(column.count for column in columns)
    late = sum(card.is_overdue for column in columns for card in column.cards)
    url = address("sales:pipeline")
    weighted = (amount for column in columns for amount in column.weighted)
    noted = f"weighted, {_count(count, 'opportunity', 'opportunities')}"
    yield _money(home, "Pipeline", weighted, noted, url)
    yield Figure("Past closing date", "opportunities", url, text=str(late), is_bad=late > 0)


def _billing(actor: Actor, rows: Sequence[UnbilledRow], today: date, home: str) -> Iterator[Figure]:
    oldest = min((row.oldest_on for row in rows), default=None)
    yield _money(
        home,
        "Unbilled work",
        (Money(row.amount, row.currency) for row in rows),
        f"oldest {day_text(oldest)}" if oldest else "nothing waits",
        address("billing:leakage"),
    )
    items = ageing(actor=actor, as_of=today)
    url = address("billing:receivable_list")
    yield _money(
        home, "Receivables", (Money(row.total, row.currency) for row in items), "not paid yet", url
    )
    late = [Money(row.total - row.not_due, row.currency) for row in items]
    customers = sum(1 for amount in late if amount.amount > 0)
    yield _money(
        home, "Overdue", late, _count(customers, "customer", "customers"), url, is_bad=customers > 0
    )


def _books(actor: Actor) -> Iterator[Figure]:
    if not actor.has(LedgerPermission.VIEW_GL):
        return
    run = ProofRun.objects.order_by("-id").first()
    yield Figure(
        "Reconciliation",
        f"as of {day_text(run.as_of)}" if run else "not run yet",
        address("ledger:proof"),
        text=("All at 0.00" if run.is_proven else "Differences") if run else "–",
        is_bad=bool(run and not run.is_proven),
    )
    first = FiscalPeriod.objects.exclude(state=FiscalPeriod.State.CLOSED).order_by("starts_on")
    period = first.select_related("legal_entity").first()
    if period is not None:
        yield Figure(
            "Earliest open period",
            period.legal_entity.name,
            address("revenue:close") + f"?entity={period.legal_entity.code}&period={period.name}",
            text=sentences.month_told(period.title),
        )


def _people(actor: Actor, today: date) -> Iterator[Figure]:
    if not actor.has(ResourcesPermission.MANAGE):
        return
    employed = Q(employed_from__lte=today) & (
        Q(employed_until__isnull=True) | Q(employed_until__gt=today)
    )
    found = Resource.objects.aggregate(
        here=Count("id", filter=employed),
        external=Count("id", filter=employed & ~Q(kind=Resource.Kind.EMPLOYEE)),
        joining=Count("id", filter=Q(employed_from__gt=today)),
    )
    url = address("resources:person_list")
    yield Figure("People", f"{found['external']} of them external", url, text=str(found["here"]))
    yield Figure("Joining", "with a date to come", url, text=str(found["joining"]))


def _firm(actor: Actor) -> Iterator[Figure]:
    if not actor.has(AccessPermission.MANAGE_USERS):
        return
    members = Membership.objects.aggregate(
        active=Count("id", filter=Q(is_active=True)), all=Count("id")
    )
    left = members["all"] - members["active"]
    yield Figure(
        "Users",
        f"{left} no longer active",
        address("setup:user_list"),
        text=str(members["active"]),
    )
    failed = JobRun.objects.filter(state=JobRun.State.FAILED).count()
    yield Figure(
        "Failed jobs", "to look at" if failed else "nothing to repair",
        address("jobs:run_list"), text=str(failed), is_bad=failed > 0,
    )  # fmt: skip


def _own_month(hours: OwnHours | None, today: date) -> Iterator[Figure]:
    if hours is None:
        return
    url = address("timeexpense:week_list")
    yield Figure(f"My {today:%B}", "hours entered", url, text=hours_text(hours.entered))
    yield Figure("Approved", "hours of the month", url, text=hours_text(hours.approved))
    yield Figure("Not handed in", "hours in draft", url, text=hours_text(hours.drafts))
