"""Work that one unit lends another of the same entity: its rows, its journal, each unit's margin."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from moneyed import Money

from projects.selectors import pages
from psa.core.errors import PermissionDenied
from psa.core.ledger import books
from psa.core.ledger.models import Actual
from psa.core.org.models import OrgUnit, Resource
from psa.core.pricing import owners
from psa.core.pricing.models import PriceList
from revenue.lending import lending
from revenue.selectors import work_in_progress
from revenue.services.proofs import run_proofs
from revenue.unit_margins import unit_margins
from tests.edges.api.callers import caller
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense.services import recalls

from .test_lending import approve, journal, price

GBP = partial(Money, currency="GBP")
JULY = (date(2026, 7, 1), date(2026, 7, 31))


@pytest.fixture
def scene(db):
    """Ben is of a practice of the UK; he costs 60 and sells for 90 GBP an hour."""
    made = make_scene(currency="GBP")
    with made.firm.scope():
        uk = made.firm.units["UK"]
        unit = OrgUnit.objects.create(
            tenant=made.firm.tenant, legal_entity=uk.legal_entity, parent=uk, code="UK-SW",
            name="Software practice",
        )  # fmt: skip
        made.firm.units["SW"] = unit
        Resource.objects.filter(pk=made.firm.resources["ben"].pk).update(org_unit=unit)
        price(made, "cost", "GBP", "60", "unit", unit.pk)
        price(made, "sales", "GBP", "90", "contract", made.work.contract.pk)
        yield made


def agree(scene: Scene, value: str = "72") -> None:
    units = scene.firm.units
    pair = owners.pair_id(units["SW"].pk, units["UK"].pk)
    price(scene, "transfer", "GBP", value, owners.UNIT_PAIR, pair)


def everything(scene: Scene) -> dict[str, object]:
    """Every sum over actuals that a unit's rows could be counted in twice."""
    fay, until = scene.actor("fay"), JULY[1]
    project_id = scene.work.project.pk
    head = pages.head_of(actor=scene.actor("priya"), project_id=project_id, as_of=until)
    home = scene.firm.entities["UK"]
    result = books.income_statement(
        actor=fay, entity=home, from_on=JULY[0], until_on=until, by="project"
    )
    total = unit_margins(actor=fay, from_on=JULY[0], until_on=until).total
    return {
        "project": repr(head),
        "wip": [(r.currency, r.unbilled_amount) for r in work_in_progress(
            actor=fay, as_of=until, known_on=None)],
        "result": result.result.amount,
        "firm": (total.sales, total.cost, total.margin),
        "lent abroad": lending(actor=fay, as_of=until).rows,
        "proofs": [p.name for p in run_proofs(
            legal_entity_id=home.pk, as_of=until, actor=fay, at=NOW) if not p.holds],
    }  # fmt: skip


def test_is_two_rows_beside_the_cost_and_two_accounts_that_come_to_0(scene: Scene) -> None:
    plain = approve(scene)
    assert set(scene.rows(plain)) == {
        ("cost", "chargeable", 600, 600, "GBP"), ("unbilled_sales", "chargeable", 600, 900, "GBP"),
    }  # fmt: skip
    journal(scene)
    before = everything(scene)
    recalls.grant_recall(
        kind="time", entry_id=plain, actor=scene.actor("priya"), at=NOW, reason="Once more"
    )
    agree(scene)
    lent = approve(scene)
    found = {row.actual_type: row for row in Actual.objects.filter(source_id=lent, revision=1,
             source_kind="time_entry")}  # fmt: skip
    assert {kind: (row.amount, row.posting_event) for kind, row in found.items()} == {
        "cost": (600, "time_cost"), "unbilled_sales": (900, ""),
        "resourcing_unit_cost": (600, ""), "inter_organisation_sales": (720, "internal_lending"),
    }  # fmt: skip
    journal(scene)
    # Not one figure of the firm, the project or the books moved.
    assert everything(scene) == before
    assert (before["proofs"], before["firm"], before["lent abroad"]) == (
        [], (GBP(900), GBP(600), GBP(300)), (),
    )  # fmt: skip
    by_unit = books.income_statement(
        actor=scene.actor("fay"), entity=scene.firm.entities["UK"], from_on=JULY[0],
        until_on=JULY[1], by="unit",
    )  # fmt: skip
    sums = {row.name: row.result.amount for row in by_unit.rows}
    assert (sums["Delivery UK"], sums["Software practice"]) == (-720, 120)


def test_are_the_firms_margin_by_page_file_and_api(scene: Scene, django_assert_num_queries) -> None:
    agree(scene)
    approve(scene)
    with django_assert_num_queries(3):
        found = unit_margins(actor=scene.actor("fay"), from_on=JULY[0], until_on=JULY[1])
    rows = {
        row.unit: [m.amount for m in (row.sales, row.charged, row.cost, row.borne, row.margin)]
        for row in found.rows
    }
    assert rows == {
        "Delivery UK": [900, 0, 0, 720, 180], "Software practice": [0, 720, 600, 0, 120],
    }  # fmt: skip
    assert (found.total.margin, found.total.charged) == (GBP(300), found.total.borne)
    assert unit_margins(actor=scene.actor("fay"), from_on=JULY[1], until_on=JULY[1]).rows == ()

    url = scene.firm.url("revenue/units/?from=2026-07-01&until=2026-07-31")
    page = scene.firm.client("fay").get(url).content.decode()
    assert "720.00" in page and f"f.resourcing_unit={scene.firm.units['SW'].pk}" in page
    file = scene.firm.client("fay").get(url + "&as=csv").content.decode()
    assert "Software practice" in file and "120.00" in file
    answer = caller(scene.firm, "fay").get("/unit-margins?from_on=2026-07-01&until_on=2026-07-31")
    assert [Decimal(row["margin"]["amount"]) for row in answer["rows"]] == [180, 120]
    for name in ("priya", "ben"):
        assert scene.firm.client(name).get(url).status_code == 404
        with pytest.raises(PermissionDenied):
            unit_margins(actor=scene.actor(name), from_on=JULY[0], until_on=JULY[1])


def test_need_a_list_of_the_day_and_charge_cost_where_it_lacks_the_role(scene: Scene) -> None:
    agree(scene)
    listed = PriceList.objects.filter(context="transfer")
    listed.update(valid_from=date(2026, 8, 1))
    assert {kind for kind, *_ in scene.rows(approve(scene, 60))} == {"cost", "unbilled_sales"}
    listed.update(valid_from=date(2026, 1, 1))
    listed.get().lines.all().delete()
    charged = {kind: amount for kind, _, _, amount, _ in scene.rows(approve(scene, 120))}
    assert charged["inter_organisation_sales"] == charged["cost"] == 120
