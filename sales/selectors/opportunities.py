"""Reads of opportunities: the list, the pipeline by stage, one record."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.audit.selectors import ActivityRow
from psa.core.money.rounding import round_to_minor
from sales.models import Opportunity, OpportunityStage, Quote

from . import visibility

CARDS_PER_STAGE = 50


@dataclass(frozen=True, slots=True)
class Card:
    """One opportunity on the board, and the stages it may be moved to."""

    id: int
    number: str
    name: str
    account_name: str
    owner_name: str
    amount: Money
    close_on: date
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class StageColumn:
    """A stage with its cards; totals per currency, of all of them and weighted by probability."""

    id: int
    code: str
    name: str
    probability_percent: int
    cards: list[Card]
    count: int
    totals: list[Money]
    weighted: list[Money]


@dataclass(frozen=True, slots=True)
class OpportunityPage:
    opportunity: Opportunity
    quotes: list[Quote]
    stages: list[OpportunityStage]
    weighted: Money
    activity: list[ActivityRow]

    @property
    def is_open(self) -> bool:
        return bool(self.opportunity.stage.outcome == "open")


def opportunities(*, actor: Actor) -> QuerySet[Any]:
    """The opportunities the actor may see, as rows of the list."""
    return visibility.opportunities_visible_to(actor).values(
        "id", "number", "name", "account_id", "account__name", "owner_id", "owner__name",
        "currency", "estimated_amount", "close_on", "needed_by_on", "source",
        "stage__name", "stage__code",
        "stage__outcome", "stage__position", "stage__probability_percent",
    )  # fmt: skip


def pipeline_columns(*, actor: Actor, today: date) -> list[StageColumn]:
    """The open stages in order, each with the actor's cards by close date. Two queries."""
    stages = list(OpportunityStage.objects.filter(outcome="open").order_by("position"))
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in (
        visibility.opportunities_visible_to(actor)
        .filter(stage__outcome="open")
        .order_by("close_on", "id")
        .values_list(
            "stage_id", "id", "number", "name", "account__name", "owner__name",
            "estimated_amount", "currency", "close_on",
        )
    ):  # fmt: skip
        rows[row[0]].append(row)
    return [_column(stage, rows[stage.pk], today) for stage in stages]


def open_stages() -> list[OpportunityStage]:
    """The stages an opportunity can be moved to. One query."""
    return list(OpportunityStage.objects.filter(outcome="open").order_by("position"))


def opportunity_page(*, actor: Actor, opportunity_id: int) -> OpportunityPage:
    """Raises  NotFound alike if absent, another tenant's, or not visible."""
    opportunity = visibility.get_opportunity(actor=actor, opportunity_id=opportunity_id)
    return OpportunityPage(
        opportunity=opportunity,
        quotes=list(opportunity.quotes.order_by("number", "-version")),
        stages=open_stages(),
        weighted=_weighted(
            opportunity.estimated_amount,
            opportunity.currency,
            opportunity.stage.probability_percent,
        ),
        activity=audit.activity_of(record_type="sales.Opportunity", record_id=opportunity.pk),
    )


def _column(stage: OpportunityStage, rows: list[Any], today: date) -> StageColumn:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        totals[row[7]] += row[6]
    return StageColumn(
        id=stage.pk,
        code=stage.code,
        name=stage.name,
        probability_percent=stage.probability_percent,
        cards=[
            Card(pk, number, name, account, owner, Money(amount, currency), on, on < today)
            for _s, pk, number, name, account, owner, amount, currency, on in rows[:CARDS_PER_STAGE]
        ],
        count=len(rows),
        totals=[Money(amount, currency) for currency, amount in sorted(totals.items())],
        weighted=[
            _weighted(amount, currency, stage.probability_percent)
            for currency, amount in sorted(totals.items())
        ],
    )


def _weighted(amount: Decimal, currency: str, probability_percent: int) -> Money:
    return round_to_minor(Money(amount * probability_percent / 100, currency))
