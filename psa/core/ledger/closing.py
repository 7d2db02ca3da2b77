"""Reads around the close: the fiscal calendar, the reconciliations, and the exports taken."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger import selectors
from psa.core.ledger.books import VIEW, choose_entity, entities
from psa.core.org.models import LegalEntity

from .models import FiscalPeriod, JournalExport, PeriodEvent, ProofRun


@dataclass(frozen=True, slots=True)
class PeriodState:
    """A period as the periods page shows it."""

    id: int
    name: str
    title: str
    starts_on: date
    last_on: date
    state: str
    closed_at: datetime | None
    is_reopening: bool
    next_state: str


@dataclass(frozen=True, slots=True)
class PeriodsPage:
    entity: LegalEntity
    entities: tuple[LegalEntity, ...]
    # Those that have begun, the current one first; then those to come, the next one first.
    periods: tuple[PeriodState, ...]
    later: tuple[PeriodState, ...]
    events: tuple[PeriodEvent, ...]
    may_change: bool
    may_reopen: bool

    @property
    def calendar(self) -> tuple[PeriodState, ...]:
        """All of them, the latest first."""
        return (*reversed(self.later), *self.periods)


_NEXT = {"open": "soft_closed", "soft_closed": "closed", "closed": ""}


def periods_page(*, actor: Actor, code: str, today: date) -> PeriodsPage:
    """An entity's fiscal calendar from today backwards, what is to come, and its trail. Four queries."""
    entity = choose_entity(actor=actor, code=code)
    rows = FiscalPeriod.objects.filter(legal_entity=entity).order_by("-starts_on")
    events = PeriodEvent.objects.filter(period__legal_entity=entity).select_related("period", "by")
    states = [_state_of(period) for period in rows]
    return PeriodsPage(
        entity=entity,
        entities=tuple(entities(actor=actor)),
        periods=tuple(state for state in states if state.starts_on <= today),
        later=tuple(state for state in reversed(states) if state.starts_on > today),
        events=tuple(events.order_by("-id")[:30]),
        may_change=actor.has("ledger.manage_periods"),
        may_reopen=actor.has("ledger.reopen_period"),
    )


def _state_of(period: FiscalPeriod) -> PeriodState:
    return PeriodState(
        id=period.pk,
        name=period.name,
        title=period.title,
        starts_on=period.starts_on,
        last_on=period.ends_on - timedelta(days=1),
        state=period.state,
        closed_at=period.closed_at,
        is_reopening=period.state != FiscalPeriod.State.OPEN,
        next_state=_NEXT[period.state],
    )


@dataclass(frozen=True, slots=True)
class ProofPage:
    """A run of the reconciliations with its results, and the runs before it."""

    entity: LegalEntity
    entities: tuple[LegalEntity, ...]
    run: ProofRun | None
    results: tuple[dict[str, object], ...]
    earlier: tuple[ProofRun, ...]


def proof_page(*, actor: Actor, code: str, run_id: int | None = None) -> ProofPage:
    """The latest (or one) proof run of an entity. Raises  NotFound. Three queries."""
    entity = choose_entity(actor=actor, code=code)
    runs = ProofRun.objects.filter(legal_entity=entity).order_by("-id")
    run = runs.filter(pk=run_id).first() if run_id else runs.first()
    if run_id and run is None:
        raise NotFound("There is no such run of the reconciliations.")
    results = []
    for result in run.results if run else ():
        code_ = result["currency"]
        results.append(
            {
                **result,
                "left": Money(result["left"], code_),
                "right": Money(result["right"], code_),
                "difference": Money(Decimal(result["left"]) - Decimal(result["right"]), code_),
                "breaking": [
                    {
                        **row,
                        "left": Money(row["left"], code_),
                        "right": Money(row["right"], code_),
                        "difference": Money(Decimal(row["left"]) - Decimal(row["right"]), code_),
                    }
                    for row in result["breaking"]
                ],
            }
        )
    return ProofPage(entity, tuple(entities(actor=actor)), run, tuple(results), tuple(runs[:12]))


def exports(*, actor: Actor) -> "QuerySet[Any]":
    """Exports that were taken, as plain rows."""
    actor.require("ledger.export")
    return JournalExport.objects.values(
        "id", "legal_entity__code", "format", "entry_count", "last_entry_id", "sha256",
        "exported_at", "exported_by__name", "from_on", "until_on", "package_terms__name",
    )  # fmt: skip


def exportable(*, actor: Actor) -> list[LegalEntity]:
    """The legal entities whose books the actor may export, by code."""
    actor.require("ledger.export")
    return list(LegalEntity.objects.order_by("code"))


def get_period(*, actor: Actor, period_id: int) -> FiscalPeriod:
    """A period with its legal entity. Raises  NotFound."""
    actor.require(VIEW)
    return selectors.get_period(period_id=period_id)
