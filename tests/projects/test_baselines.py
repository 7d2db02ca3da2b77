"""Baselines are set, approved and kept; progress of any day can be told afterwards."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from projects.models import (
    Assignment,
    Baseline,
    BaselineTask,
    PlannedExpense,
    Project,
    Task,
    TaskProgress,
)
from projects.selectors.estimates import estimate_of
from projects.selectors.figures import figures_of
from projects.selectors.finance import estimate_page
from projects.services import baselines, tasks
from psa.core.errors import DomainError, PermissionDenied
from tests.edges.api.callers import caller
from tests.factories import AT, TODAY

D = Decimal


def day(on: date, hour: int = 9) -> datetime:
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


@dataclass
class Costed:
    project: Project
    build: Task


@pytest.fixture
def costed(acme, engagement):
    """Build: 100 h of Ben (1,000 a day sold, 500 cost) over July, and 400 of travel."""
    with acme.scope():
        Task.objects.filter(project=engagement.project).exclude(pk=engagement.build.pk).delete()
        engagement.build.refresh_from_db()
        build = engagement.build
        build.effort_minutes = build.remaining_minutes = 6000
        build.starts_on, build.finishes_on = date(2026, 7, 1), date(2026, 7, 31)
        build.save()
        Assignment.objects.create(
            tenant=acme.tenant, task=build, resource=acme.resources["ben"], minutes=6000
        )
        PlannedExpense.objects.create(
            tenant=acme.tenant, project=engagement.project, task=build, currency="GBP",
            category=next(c for c in acme.categories.values() if c.transaction_class == "expense"),
            planned_on=date(2026, 7, 15), cost_amount=400, price_amount=400,
        )  # fmt: skip
        return Costed(engagement.project, build)


def test_an_estimate_is_assignments_at_their_prices_and_what_is_bought(acme, costed):
    with acme.scope():
        found = estimate_of(costed.project, as_of=TODAY, currency="GBP")
    time, travel = found.lines
    assert (time.minutes, time.cost, time.price) == (6000, D("6250.00"), D("12500.00"))
    assert (travel.cost, travel.price) == (400, 400)
    assert not found.unpriced_tasks
    # A summary holds what is below it, and each amount stands in the contract's currency as well.
    with acme.scope():
        phase = Task.objects.create(
            tenant=acme.tenant, project=costed.project, name="Phase", outline="9", position=0,
            depth=1, is_summary=True,
        )  # fmt: skip
        Task.objects.filter(pk=costed.build.pk).update(parent=phase, depth=2, outline="9.1")
        page = estimate_page(actor=acme.actors["priya"], project_id=costed.project.pk, as_of=TODAY)
    assert [(row.key, row.is_summary, row.cost.amount) for row in page.tasks] == [
        ("9", True, 6650), ("9.1", False, 6650),
    ]  # fmt: skip
    # The months of one task.
    told = caller(acme, "priya").get(
        f"/projects/{costed.project.pk}/tasks/{costed.build.pk}/estimate"
    )
    assert (told["shown"]["name"], [row["key"] for row in told["months"]]) == ("Build", ["2026-07"])
    shown = acme.client("priya").get(
        acme.url(f"projects/{costed.project.pk}/estimate/?task={phase.pk}")
    )
    assert "All tasks" in shown.content.decode()
    total = page.total
    assert total.cost_beside and total.price_beside
    assert str(total.cost_beside.currency) == "EUR"
    assert total.price_beside.amount / total.price.amount == pytest.approx(
        total.cost_beside.amount / total.cost.amount
    )


def test_set_keeps_days_effort_cost_and_price(acme, costed):
    with acme.scope():
        made = baselines.set_baseline(
            project_id=costed.project.pk, number=0, name="Contract", actor=acme.actors["priya"],
            at=AT,
        )  # fmt: skip
        [row] = BaselineTask.objects.filter(baseline=made)
        assert (row.cost_amount, row.expense_amount, row.price_amount) == (6650, 400, 12900)
        assert (row.effort_minutes, row.start_at.date()) == (6000, date(2026, 7, 1))
        with pytest.raises(baselines.BaselineExists, match="written over"):
            baselines.set_baseline(
                project_id=costed.project.pk, number=0, name="", actor=acme.actors["priya"], at=AT
            )
        baselines.set_baseline(
            project_id=costed.project.pk, number=0, name="New", overwrite=True,
            actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
        assert Baseline.objects.get(project=costed.project).name == "New"


def test_an_approved_one_neither_changes_nor_goes(acme, costed):
    priya = {"project_id": costed.project.pk, "actor": acme.actors["priya"], "at": AT}
    with acme.scope():
        baselines.set_baseline(number=0, name="", **priya)
        baselines.approve_baseline(number=0, **priya)
        for refused in (
            lambda: baselines.set_baseline(number=0, name="", overwrite=True, **priya),
            lambda: baselines.delete_baseline(number=0, **priya),
            lambda: baselines.approve_baseline(number=0, **priya),
        ):
            with pytest.raises(DomainError, match="approved"):
                refused()
        with pytest.raises(DomainError, match="0 to 10"):
            baselines.set_baseline(number=11, name="", **priya)


def test_only_for_who_manages_the_project(acme, costed):
    with acme.scope(), pytest.raises(PermissionDenied):
        baselines.set_baseline(
            project_id=costed.project.pk, number=0, name="", actor=acme.actors["fay"], at=AT
        )


def test_measures_any_day_by_what_was_known_then(acme, costed):
    priya = {"project_id": costed.project.pk, "actor": acme.actors["priya"]}
    with acme.scope():
        baselines.set_baseline(number=0, name="", at=day(date(2026, 7, 1)), **priya)
        baselines.approve_baseline(number=0, at=day(date(2026, 7, 1)), **priya)
        for on, left in ((date(2026, 7, 10), 3000), (date(2026, 7, 17), 1000)):
            tasks.set_remaining(minutes_by_task={costed.build.pk: left}, at=day(on), **priya)
        tasks.set_remaining(
            minutes_by_task={costed.build.pk: 1000}, at=day(date(2026, 7, 18)), **priya
        )
        assert TaskProgress.objects.count() == 2  # changes only
        project = Project.objects.select_related("manager").get(pk=costed.project.pk)

        def on(day_on):
            return figures_of([project], as_of=day_on, currency="GBP", is_past=True)[project.pk]

        assert on(date(2026, 7, 9)).total.remaining_minutes == 6000
        assert on(date(2026, 7, 10)).total.remaining_minutes == 3000
        later = on(date(2026, 7, 31))
        assert later.value.bac == 6650
        assert later.value.pv == 6650
        assert later.value.ev == 0  # nothing was booked
        # 1,000 minutes left of Ben at 62.50 an hour, and the travel.
        assert later.value.etc == D("1441.67")
        half = on(date(2026, 7, 16)).value.pv
        assert 0 < half < 6650


def test_what_pauses_is_neither_planned_nor_costed_meanwhile(acme, costed):
    """P-3: a day's work on 1 July, and the other 11.5 days of it at the end, until 14 August."""
    priya = {"project_id": costed.project.pk, "actor": acme.actors["priya"]}
    paused = [[480, 33 * 480 - 6000]]
    with acme.scope():
        Task.objects.filter(pk=costed.build.pk).update(
            finishes_on=date(2026, 8, 14), duration_minutes=6000
        )
        bens = Assignment.objects.filter(task=costed.build)
        bens.update(gaps=paused)
        assert _minutes_by_month(costed) == [1200, 4800]

        def figures():
            project = Project.objects.select_related("manager").get(pk=costed.project.pk)
            on = date(2026, 7, 17)
            return figures_of([project], as_of=on, currency="GBP", is_past=True)[project.pk]

        assert figures().plan[0].line.planned_share == D("0.08")
        baselines.set_baseline(number=0, name="", at=day(date(2026, 7, 1)), **priya)
        baselines.approve_baseline(number=0, at=day(date(2026, 7, 1)), **priya)
        bens.update(gaps=[])  # the baseline keeps its own
        assert (figures().plan[0].line.planned_share, figures().value.pv) == (D("0.08"), 532)
        # Where nobody is named, the pauses are the task's own.
        bens.delete()
        Task.objects.filter(pk=costed.build.pk).update(gaps=paused)
        assert _minutes_by_month(costed) == [1200, 4800]


def _minutes_by_month(costed):
    """Of all who do it: the team, where nobody is named for it."""
    found = Counter()
    for line in estimate_of(costed.project, as_of=TODAY, currency="GBP").lines:
        found[line.month_on] += line.minutes
    return [found[on] for on in sorted(found)]
