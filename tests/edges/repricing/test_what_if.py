"""A list tried before it is active: on a quote, a backlog, a year; and what discounts do."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from psa.core.errors import NotFound, PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import Actual
from psa.core.pricing.models import PriceLine, PriceList, PriceTrace
from psa.core.pricing.services import lists
from psa.edges.repricing.services import what_if
from tests.attacks.world import World, make_world
from tests.database import StandingScene
from tests.factories import AT, TODAY, Firm, make_firm


@pytest.fixture
def world(standing_scene: StandingScene[World]) -> World:
    return standing_scene(world_in_pounds)


def world_in_pounds() -> World:
    return make_world(make_firm(), currency="GBP")


@pytest.fixture
def scoped(world: World) -> Iterator[World]:
    with world.firm.scope():
        yield world


def raised(firm: Firm, percent: int = 10, on: date = date(2025, 1, 1)) -> PriceList:
    """A draft that follows the sales list, its prices raised; inside the firm's scope."""
    old = PriceList.objects.get(context="sales", owner_kind="tenant", status="active")
    return lists.new_version(
        list_id=old.pk, valid_from=on, uplift_percent=Decimal(percent), actor=firm.actors["fay"],
        at=AT,
    )  # fmt: skip


def counted() -> tuple[int, int, int]:
    return PriceTrace.objects.count(), Actual.objects.count(), PriceList.objects.count()


def test_prices_a_quote_again_and_changes_nothing(scoped: World) -> None:
    firm = scoped.firm
    made = raised(firm)
    before = counted()
    found = what_if.reprice_quote(
        list_id=made.pk, quote_id=scoped.ids["quote_id"], actor=firm.actors["fay"], priced_on=TODAY
    )
    assert counted() == before
    sales = [row for row in found.rows if row.side == "sales" and row.now]
    assert sales
    assert {row.percent for row in found.rows if row.side == "cost" and row.now} <= {
        Decimal("0.00")
    }
    assert any(row.percent == Decimal("10.00") for row in sales)
    made.refresh_from_db()
    assert (made.status, made.is_used) == ("draft", False)


def test_prices_the_backlog_of_a_contract_by_what_its_plan_says_is_left(scoped: World) -> None:
    firm = scoped.firm
    made = raised(firm)
    scoped.case.work.build.role = firm.roles["SC"]
    scoped.case.work.build.save()
    before = counted()
    found = what_if.reprice_backlog(
        list_id=made.pk, contract_id=scoped.ids["contract_id"], actor=firm.actors["fay"],
        as_of=TODAY,
    )  # fmt: skip
    assert counted() == before
    [sales] = [r for r in found.rows if r.side == "sales" and r.group == "Senior consultant"]
    assert sales.minutes > 0
    assert sales.then >= sales.now


def test_shares_a_task_without_role_by_the_team_and_loses_no_minute(scoped: World) -> None:
    firm, build = scoped.firm, scoped.case.work.build
    type(build).objects.exclude(pk=build.pk).update(is_completed=True)
    type(build).objects.filter(pk=build.pk).update(
        role=None, remaining_minutes=1001, is_completed=False
    )
    build.assignments.all().delete()
    found = what_if.reprice_backlog(
        list_id=raised(firm).pk, contract_id=scoped.ids["contract_id"], actor=firm.actors["fay"],
        as_of=TODAY,
    )  # fmt: skip
    assert sum(row.minutes for row in found.rows if row.side == "cost") == 1001
    assert len({row.group for row in found.rows}) > 1


def test_prices_a_year_again_beside_what_was_posted(scoped: World) -> None:
    firm = scoped.firm
    made = raised(firm)
    before = counted()
    ids = what_if.approved_ids(from_on=date(2026, 1, 1), until_on=date(2027, 1, 1))
    assert ids
    found = what_if.reprice_actuals(list_id=made.pk, from_id_list=ids, actor=firm.actors["fay"])
    assert counted() == before
    costs = [row for row in found.rows if row.side == "cost"]
    assert costs
    assert [row.difference for row in costs] == [0] * len(costs)


def test_says_of_the_same_list_that_nothing_changes(scoped: World) -> None:
    firm = scoped.firm
    same = PriceList.objects.get(context="sales", owner_kind="tenant", status="active")
    ids = what_if.approved_ids(from_on=date(2026, 1, 1), until_on=date(2027, 1, 1))
    found = what_if.reprice_actuals(list_id=same.pk, from_id_list=ids, actor=firm.actors["fay"])
    assert {row.difference for row in found.rows} == {Decimal(0)}


def test_counts_the_work_that_would_have_no_price(scoped: World) -> None:
    firm = scoped.firm
    made = raised(firm)
    PriceLine.objects.filter(price_list=made).exclude(role=firm.roles["PM"]).delete()
    cost = PriceList.objects.get(context="cost")
    assert cost.status == "active"
    found = what_if.reprice_quote(
        list_id=made.pk, quote_id=scoped.ids["quote_id"], actor=firm.actors["fay"], priced_on=TODAY
    )
    assert found.refused > 0
    assert found.reasons


def test_is_for_who_manages_lists(scoped: World) -> None:
    firm = scoped.firm
    made = raised(firm)
    for name, refusal in (
        ("ben", NotFound),
        ("paul", PermissionDenied),
        ("amara", PermissionDenied),
    ):
        with pytest.raises(refusal):
            what_if.reprice_quote(
                list_id=made.pk, quote_id=scoped.ids["quote_id"], actor=firm.actors[name],
                priced_on=TODAY,
            )  # fmt: skip


def test_answers_on_its_page_and_a_year_by_a_job(world: World) -> None:
    firm = world.firm
    with firm.scope():
        made = raised(firm)
    fay = firm.client("fay")
    url = firm.url(f"repricing/lists/{made.pk}/")
    assert "Nothing is changed" in fay.get(url).content.decode()
    asked = fay.get(f"{url}?scope=year").content.decode()
    assert 'name="year"' in asked and 'name="quote"' not in asked
    shown = fay.post(url, {"scope": "quote", "quote": world.ids["quote_id"]})
    assert "10.00" in shown.content.decode()
    assert fay.post(url, {"scope": "quote"}).status_code == 422
    assert fay.post(url, {"scope": "year", "year": "2026"}).status_code == 302
    with firm.scope():
        run = jobs.run_now(JobRun.objects.get(kind="repricing.year").pk)
        assert run.state == "done", run.error
    page = fay.get(firm.url(f"repricing/lists/{made.pk}/years/{run.pk}/")).content.decode()
    assert "2026, as posted" in page
    assert (
        firm.client("paul").get(firm.url(f"repricing/lists/{made.pk}/years/{run.pk}/")).status_code
        == 404
    )


def test_hides_the_cost_from_who_sees_no_cost_rates(world: World) -> None:
    firm = world.firm
    with firm.scope():
        made = raised(firm)
        jobs_before = JobRun.objects.count()
    ada = firm.client("ada")
    url = firm.url(f"repricing/lists/{made.pk}/")
    assert ada.post(url, {"scope": "year", "year": "2026"}).status_code == 302
    with firm.scope():
        assert JobRun.objects.count() == jobs_before + 1
        run = jobs.run_now(JobRun.objects.get(kind="repricing.year").pk)
    page = ada.get(firm.url(f"repricing/lists/{made.pk}/years/{run.pk}/")).content.decode()
    assert "does not show cost prices" in page
    assert "<td>Cost</td>" not in page


def test_shows_what_discounts_do_to_who_sees_the_margin(world: World) -> None:
    firm = world.firm
    path = firm.url(f"repricing/quotes/{world.ids['quote_id']}/discount/")
    fay = firm.client("fay")
    page = fay.get(f"{path}?percent=10&target=20").content.decode()
    assert "Margin with" in page
    assert "Largest discount" in page
    assert fay.get(f"{path}?percent=101").status_code == 422
    for name in ("ben", "bill", "rae"):
        assert firm.client(name).get(path).status_code == 404
