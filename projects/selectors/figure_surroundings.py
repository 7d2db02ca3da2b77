"""What stands around a plan: the baseline that measures it, its health by effort, what pays for it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce, JSONObject
from django.utils import timezone
from moneyed import Money

from psa.core.tenancy import compiled
from psa.core.tenancy.compiled import Question

from ..models import Baseline, BaselineTask, ContractLineLink, HealthSnapshot, Project
from ..rules.health import NOT_STARTED
from ..rules.phasing import Split
from ..rules.typed_dates import first_day, last_day
from .pauses import split_of
from .progress import fortnight_before, stale_since

ZERO = Decimal(0)
# Health by effort is worked out at night; an older one says nothing.
EFFORT_HOLDS_DAYS = 7


@dataclass(frozen=True, slots=True)
class Planned:
    """A task of the baseline that measures its project; `task_id` is None when the task is gone."""

    task_id: int | None
    starts_on: date | None
    finishes_on: date | None
    cost: Decimal
    split: Split | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """The approved baseline of a project."""

    number: int
    name: str
    approved_on: date
    tasks: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a plan: its baseline, health by effort, and the value that pays for it."""

    measure: Measure | None
    effort_health: str
    contract: Money | None
    stale_since: date | None


def around_asked(project_ids: Collection[int], as_of: date) -> Question:
    """What to ask about these projects, for `around_from`."""
    # The day on which a baseline was approved is one of the reader's time zone.
    return compiled.question(
        ("projects.figures.around", timezone.get_current_timezone_name()),
        _around_in,
        as_of,
        fortnight_before(as_of),
        as_of - timedelta(days=EFFORT_HOLDS_DAYS),
        *project_ids,
    )


def _around_in(
    as_of: date, fortnight_ago: date, effort_from: date, *project_ids: int
) -> "QuerySet[Project, tuple[Any, ...]]":
    """Per project: the baseline approved last by the day, else the first approved; health by effort
    as it was worked out last; the value of the contract lines that pay for it, in the contract's
    currency (a line that pays for two projects counts in both); since when its forecast is stale.
    """
    return (
        Project.objects.filter(pk__in=project_ids)
        .annotate(
            measure_id=_measuring(as_of),
            baseline=_named("measure_id"),
            planned=_planned("measure_id"),
            effort=_effort(as_of, effort_from),
            lines=_lines(),
            stale=stale_since(as_of, fortnight_ago),
        )
        .values_list("id", "baseline", "planned", "effort", "lines", "stale")
    )


def around_from(rows: Iterable[tuple[Any, ...]]) -> dict[int, Around]:
    """What stands around each project, by its id."""
    found = {}
    for project_id, baseline, planned, effort, lines, stale in rows:
        values = {one["line"]: one for one in lines}.values()
        worth = sum((Decimal(one["value"]) for one in values), ZERO)
        found[project_id] = Around(
            _measure(baseline[0], planned) if baseline else None,
            effort or NOT_STARTED,
            Money(worth, lines[0]["currency"]) if lines else None,
            stale,
        )
    return found


def _measuring(as_of: date) -> Coalesce:
    """The number of the baseline's row that measures a project at a day."""
    approved = Baseline.objects.filter(project=OuterRef("pk"), approved_at__isnull=False)
    by_then = approved.filter(approved_at__date__lte=as_of).order_by("-approved_at", "-id")
    first = approved.order_by("approved_at", "id")
    return Coalesce(Subquery(by_then.values("id")[:1]), Subquery(first.values("id")[:1]))


def _named(measure: str) -> ArraySubquery:
    rows = Baseline.objects.filter(id=OuterRef(measure))
    return ArraySubquery(
        rows.values(json=JSONObject(number="number", name="name", on="approved_at__date"))
    )


def _planned(measure: str) -> ArraySubquery:
    cost = Cast("cost_amount", CharField())
    return ArraySubquery(
        BaselineTask.objects.filter(baseline_id=OuterRef(measure), cost_amount__isnull=False)
        .order_by("id")
        .values(
            json=JSONObject(
                task="task_id",
                start="start_at",
                finish="finish_at",
                cost=cost,
                minutes="duration_minutes",
                gaps="gaps",
            )
        )
    )


def _measure(baseline: Mapping[str, Any], planned: Sequence[Mapping[str, Any]]) -> Measure:
    return Measure(
        baseline["number"], baseline["name"], date.fromisoformat(baseline["on"]),
        tuple(_planned_task(one) for one in planned),
    )  # fmt: skip


def _planned_task(row: Mapping[str, Any]) -> Planned:
    start = datetime.fromisoformat(row["start"]) if row["start"] else None
    finish = datetime.fromisoformat(row["finish"]) if row["finish"] else None
    return Planned(
        row["task"],
        first_day(start) if start else None,
        last_day(start or finish, finish) if finish else None,
        Decimal(row["cost"]),
        split_of(row["minutes"], row["gaps"]),
    )


def _effort(as_of: date, effort_from: date) -> Subquery:
    return Subquery(
        HealthSnapshot.objects.filter(project=OuterRef("pk"), on__lte=as_of, on__gt=effort_from)
        .order_by("-on")
        .values("effort")[:1]
    )


def _lines() -> ArraySubquery:
    value = Cast("contract_line__value_amount", CharField())
    return ArraySubquery(
        ContractLineLink.objects.filter(project=OuterRef("pk")).values(
            json=JSONObject(
                line="contract_line_id", value=value, currency="contract_line__contract__currency"
            )
        )
    )
