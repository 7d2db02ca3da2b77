"""The yearly review on its pages: many lines at once, two versions compared, gaps found and filled."""

import re
from datetime import date
from decimal import Decimal

import pytest

from psa.core.pricing import coverage_selectors
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.services import lists
from tests.factories import AT, TODAY, Firm, make_firm


@pytest.fixture
def acme(db: None) -> Firm:
    return make_firm()


def next_version(firm: Firm, **more: object) -> PriceList:
    with firm.scope():
        old = PriceList.objects.get(context="sales", status="active")
        return lists.new_version(
            list_id=old.pk, valid_from=date(2027, 1, 1), actor=firm.actors["fay"], at=AT, **more
        )  # type: ignore[arg-type]


def test_shows_what_would_change_before_it_changes_many_lines(acme: Firm) -> None:
    made = next_version(acme)
    fay = acme.client("fay")
    url = acme.url(f"pricing/lists/{made.pk}/adjust/")
    given = {"lock_version": "1", "roles": [str(acme.roles["PM"].pk)], "percent": "10"}
    shown = fay.post(url, given).content.decode()
    assert "1 of 1 lines; nothing is written yet" in shown
    assert "1320.00" in shown
    with acme.scope():
        assert PriceLine.objects.get(price_list=made, role__code="PM").value == 1200
    assert fay.post(url, {**given, "confirm": "1"}).status_code == 302
    with acme.scope():
        assert PriceLine.objects.get(price_list=made, role__code="PM").value == 1320
        assert PriceLine.objects.get(price_list=made, role__code="SC").value == 1000
    assert fay.post(url, {**given, "confirm": "1"}).status_code == 422  # looked at before
    for bad in ({"percent": "-100"}, {"percent": "", "value": ""}, {"value": "5"}):
        assert fay.post(url, {**given, "lock_version": "2", **bad}).status_code == 422


def test_compares_a_version_with_the_one_before(acme: Firm) -> None:
    made = next_version(acme, uplift_percent=Decimal(5))
    with acme.scope():
        PriceLine.objects.filter(price_list=made, role__code="CO").delete()
        PriceLine.objects.create(tenant=acme.tenant, price_list=made, value=7, unit="day")
    fay = acme.client("fay")
    page = fay.get(acme.url(f"pricing/lists/{made.pk}/difference/")).content.decode()
    for text in ("Raised 2", "Removed 1", "Added 1", "1,260.00", "60.00", "5.00"):
        assert text in page, text
    exported = fay.get(acme.url(f"pricing/lists/{made.pk}/difference/?export=csv&view=all"))
    assert "Project manager" in exported.content.decode("utf-8-sig")


def test_finds_the_gaps_and_leads_to_the_price_that_is_missing(acme: Firm) -> None:
    with acme.scope():
        PriceLine.objects.filter(price_list__context="sales", role__code="CO").delete()
        page = coverage_selectors.coverage_page(actor=acme.actors["fay"], context="sales", on=TODAY)
        states = [
            {c.state for c in row.cells} for row in page.rows if row.role == "Senior consultant"
        ]
        assert {"own", "converted"} in states
        prices = {c.label: c.price for row in page.rows for c in row.cells if c.price}
        assert len({price for label, price in prices.items() if "Delivery UK" in label}) > 2
    fay = acme.client("fay")
    shown = fay.get(acme.url("pricing/coverage/?context=sales")).content.decode()
    link = re.search(r'data-c="gap"><a href="([^"]+currency=GBP)"', shown)
    assert link
    form = fay.get(link[1].replace("&amp;", "&")).content.decode()
    assert "selected" in form
    assert "Sales 2025" in form
    assert "Cost 2025" not in form


def test_asks_the_same_few_queries_whatever_the_matrix(
    acme: Firm, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    with acme.scope(), django_assert_max_num_queries(14):
        coverage_selectors.coverage_page(actor=acme.actors["fay"], context="sales", on=TODAY)


@pytest.mark.parametrize(("name", "status"), [("amara", 200), ("paul", 200), ("ben", 404)])
def test_shows_coverage_to_who_sees_lists(acme: Firm, name: str, status: int) -> None:
    answer = acme.client(name).get(acme.url("pricing/coverage/?context=sales"))
    assert answer.status_code == status
    if status == 200:
        assert "add-price" not in answer.content.decode()
