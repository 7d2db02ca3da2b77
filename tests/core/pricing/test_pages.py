"""Pages of pricing, by persona: what finance does there, and what others never see."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from psa.core.jobs.models import JobRun
from psa.core.pricing import owners, page_selectors, replay
from psa.core.pricing.models import PriceLine, PriceList, UnpricedEntry
from psa.core.pricing.rules.trace import step
from psa.core.pricing.rules.types import Reason, SearchedList, Unpriced
from psa.core.pricing.services import traces, unpriced
from tests.factories import AT, Firm, make_firm
from tests.shown import shown

COST_PRICE = Decimal("431.17")


@pytest.fixture
def acme(db: None) -> Firm:
    made = make_firm()
    with made.scope():
        PriceLine.objects.filter(price_list__context="cost", role__code="PM").update(
            value=COST_PRICE
        )
    return made


def cost_list(firm: Firm) -> int:
    with firm.scope():
        return int(PriceList.objects.get(context="cost").pk)


def sales_list(firm: Firm) -> int:
    with firm.scope():
        return int(PriceList.objects.get(context="sales").pk)


def cost_trace(firm: Firm) -> int:
    trace = (step("line", line=1, matched="any", value=COST_PRICE, currency="GBP", unit="day"),)
    with firm.scope():
        return traces.store_traces(tenant_id=firm.tenant.pk, traces=[("cost", trace)]).popitem()[1]


def test_shows_finance_all_lists_and_their_prices(acme: Firm) -> None:
    fay = acme.client("fay")
    page = fay.get(acme.url("pricing/lists/")).content.decode()
    assert "Sales 2025" in page
    assert "Cost 2025" in page
    assert "431.17" in fay.get(acme.url(f"pricing/lists/{cost_list(acme)}/")).content.decode()


@pytest.mark.parametrize("name", ["ben", "rae", "priya", "mei", "sam"])
@pytest.mark.parametrize(
    "path", ["lists/", "lists/?export=csv", "unpriced/", "lists/new/", "unpriced/add-price/"]
)
def test_does_not_exist_for_who_has_no_business_with_prices(
    acme: Firm, name: str, path: str
) -> None:
    assert acme.client(name).get(acme.url(f"pricing/{path}")).status_code == 404


@pytest.mark.parametrize("name", ["ben", "rae", "priya", "amara", "bill"])
def test_never_tells_a_cost_price_to_who_may_not_see_it(acme: Firm, name: str) -> None:
    client = acme.client(name)
    list_id, trace_id = cost_list(acme), cost_trace(acme)
    for path in (
        "lists/",
        "lists/?view=all",
        "lists/?view=cost",
        "lists/?q=Cost",
        "lists/?export=csv",
        "sales-lists/",
        f"lists/{list_id}/",
        f"lists/{list_id}/lines/",
        f"lists/{list_id}/lines/?export=csv",
        f"lists/{list_id}/lines/?export=xlsx",
        f"lists/{list_id}/new-version/",
        f"traces/{trace_id}/",
        f"traces/{trace_id}/?for=forged",
    ):
        for headers in ({}, {"HX-Request": "true"}):
            found = client.get(acme.url(f"pricing/{path}"), headers=headers)
            text = shown(found)
            assert "431" not in text, path
            assert "Cost 2025" not in text, path


@pytest.mark.parametrize("name", ["amara", "bill"])
def test_shows_sales_lists_to_who_may_read_them(acme: Firm, name: str) -> None:
    client = acme.client(name)
    assert "Sales 2025" in client.get(acme.url("pricing/sales-lists/")).content.decode()
    page = client.get(acme.url(f"pricing/lists/{sales_list(acme)}/"))
    assert "1,200.00" in page.content.decode()
    assert "New version" not in page.content.decode()


def test_is_another_world_for_another_firm(acme: Firm) -> None:
    globex = make_firm("globex", cast={"otto": "finance_manager"})
    client = globex.client("otto")
    for path in (f"lists/{sales_list(acme)}/", f"traces/{cost_trace(acme)}/"):
        assert client.get(globex.url(f"pricing/{path}")).status_code == 404
        assert client.get(acme.url(f"pricing/{path}")).status_code == 404


def test_carries_a_list_from_draft_to_its_next_version(acme: Firm) -> None:
    fay = acme.client("fay")
    with acme.scope():
        pm = acme.roles["PM"].pk
    made = fay.post(
        acme.url("pricing/lists/new/"),
        {
            "name": "EUR 2026", "context": "sales", "currency": "eur", "owner": "tenant:0",
            "valid_from": "2026-01-01", "time_unit": "day", "hours_per_day": "8",
        },
    )  # fmt: skip
    assert made.status_code == 302
    page = made["Location"]
    assert "lines-0-value" in fay.get(f"{page}?plain=1").content.decode()
    grid = {
        "lock_version": "1", "lines-TOTAL_FORMS": "2", "lines-INITIAL_FORMS": "0",
        "lines-0-transaction_class": "time", "lines-0-role": str(pm), "lines-0-method": "price",
        "lines-0-unit": "day", "lines-0-value": "1,250.50",
        "lines-1-transaction_class": "time", "lines-1-method": "price",
    }  # fmt: skip
    assert fay.post(f"{page}save/", {**grid, "lines-0-value": "NaN"}).status_code == 422
    assert fay.post(f"{page}save/", grid).status_code == 302
    assert fay.post(f"{page}save/", grid).status_code == 422  # read before the first save
    assert fay.post(f"{page}activate/").status_code == 302
    new = fay.post(
        f"{page}new-version/",
        {"name": "EUR 2027", "valid_from": "2027-01-01", "uplift_percent": "3", "round_to": "1"},
    )
    assert "1,288.00" in fay.get(new["Location"] + "lines/").content.decode()
    assert "3.00" in fay.get(new["Location"] + "lines/").content.decode()


def test_makes_a_transfer_list_for_a_pair_of_units(acme: Firm) -> None:
    fay, new = acme.client("fay"), acme.url("pricing/lists/new/")
    lender, borrower = acme.units["UK"].pk, acme.units["DE"].pk
    asked = {
        "name": "Practice", "context": "transfer", "currency": "GBP", "owner": "unit_pair:0",
        "valid_from": "2026-01-01", "time_unit": "hour", "hours_per_day": "8",
        "lending_unit": str(lender), "borrowing_unit": str(lender),
    }  # fmt: skip
    assert "two different units" in fay.post(new, asked).content.decode()
    assert fay.post(new, asked | {"borrowing_unit": str(borrower)}).status_code == 302
    with acme.scope():
        made = PriceList.objects.get(name="Practice")
        assert (made.owner_kind, owners.pair_of(made.owner_id)) == ("unit_pair", (lender, borrower))


def test_keeps_the_item_and_the_retired_role_of_a_line_it_saves(acme: Firm) -> None:
    fay = acme.client("fay")
    with acme.scope():
        made = PriceList.objects.create(
            tenant=acme.tenant, name="Goods", context="sales", currency="EUR",
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
        row = PriceLine.objects.create(
            tenant=acme.tenant, price_list=made, value=5, item="Cable", unit="metre",
            transaction_class="material", role=acme.roles["PM"],
        )  # fmt: skip
        acme.roles["PM"].is_active = False
        acme.roles["PM"].save()
    shown = fay.get(acme.url(f"pricing/lists/{made.pk}/?plain=1")).content.decode()
    assert "Project manager (retired)" in shown
    saved = fay.post(
        acme.url(f"pricing/lists/{made.pk}/save/"),
        {
            "lock_version": "1", "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "1",
            "lines-0-line_id": str(row.pk), "lines-0-item": "Cable",
            "lines-0-transaction_class": "material", "lines-0-role": str(acme.roles["PM"].pk),
            "lines-0-method": "price", "lines-0-unit": "metre", "lines-0-value": "6",
        },
    )  # fmt: skip
    assert saved.status_code == 302, saved.content.decode()
    with acme.scope():
        assert PriceLine.objects.values_list("item", "value").get(pk=row.pk) == ("Cable", 6)


def test_tells_of_an_overlap_on_the_page(acme: Firm) -> None:
    fay = acme.client("fay")
    with acme.scope():
        made = PriceList.objects.create(
            tenant=acme.tenant, name="Second", context="sales", currency="GBP",
            valid_from=date(2026, 1, 1),
        )  # fmt: skip
        PriceLine.objects.create(tenant=acme.tenant, price_list=made, value=1)
    answer = fay.post(acme.url(f"pricing/lists/{made.pk}/activate/"))
    assert answer.status_code == 422
    assert "“Sales 2025”" in answer.content.decode()


def test_previews_a_file_and_imports_what_was_shown(acme: Firm) -> None:
    fay = acme.client("fay")
    given = {
        "name": "Card", "context": "sales", "currency": "USD", "owner": "tenant:0",
        "valid_from": "2026-01-01", "time_unit": "hour", "hours_per_day": "8",
        "content": "Role,Price\nConsultant,$90\nWizard,1\n", "skip_bad": "on",
    }  # fmt: skip
    shown = fay.post(acme.url("pricing/lists/import/"), given).content.decode()
    assert "There is no role “Wizard”" in shown
    with acme.scope():
        assert not PriceList.objects.filter(name="Card").exists()
    assert fay.post(acme.url("pricing/lists/import/"), {**given, "confirm": "1"}).status_code == 302
    with acme.scope():
        assert PriceLine.objects.get(price_list__name="Card").value == 90


def test_explains_a_rate_to_who_may_see_it_and_to_who_was_handed_its_address(acme: Firm) -> None:
    trace_id = cost_trace(acme)
    assert "431.17 GBP per day" in (
        acme.client("fay").get(acme.url(f"pricing/traces/{trace_id}/")).content.decode()
    )
    with acme.scope():
        url = page_selectors.trace_url(trace_id, actor=acme.actors["priya"])
    path = acme.url(url)
    assert "431.17" in acme.client("priya").get(path).content.decode()
    assert acme.client("ben").get(path).status_code == 404


def test_leaves_the_cost_out_of_a_sales_price_for_who_sees_bill_rates_only(acme: Firm) -> None:
    trace = (
        step("line_markup", line=1, matched="any", value=Decimal(20)),
        step("cost", price=COST_PRICE, currency="GBP", unit="day"),
        step("markup_over_cost", percent=20, price=Decimal("517.40"), currency="GBP", unit="day"),
    )
    with acme.scope():
        stored = traces.store_traces(tenant_id=acme.tenant.pk, traces=[("sales", trace)])
        [trace_id] = stored.values()
    shown = acme.client("bill").get(acme.url(f"pricing/traces/{trace_id}/")).content.decode()
    assert "431.17" not in shown
    assert page_selectors.BUILDS_ON_COST in shown


@pytest.fixture
def replayed() -> Iterator[list[int]]:
    """A source kind that finds its price as soon as the senior's price exists."""
    seen: list[int] = []

    def again(*, source_ids, actor, at):  # type: ignore[no-untyped-def]
        seen.extend(source_ids)
        if PriceLine.objects.filter(role__code="SC", value=77).exists():
            unpriced.resolve(source_kind="test_entry", source_ids=source_ids, at=at)
        return {}

    replay.register("test_entry", title="Time entry", replay=again)
    yield seen
    replay._registered.pop("test_entry")


def wait_for_price(firm: Firm, count: int = 3) -> None:
    why = Unpriced(
        Reason.NO_LINE, "a price line that matches", (SearchedList(1, "Sales 2025", 3),), (), ()
    )
    with firm.scope():
        unpriced.queue(
            items=[
                unpriced.WaitingWork(
                    "test_entry", n, "sales", date(2026, 7, 1), why,
                    resource_id=firm.resources["ben"].pk, role_id=firm.roles["SC"].pk,
                )
                for n in range(1, count + 1)
            ],
            actor=firm.actors["fay"],
            at=AT,
        )  # fmt: skip


def test_queues_work_once_however_often_it_is_tried(acme: Firm) -> None:
    wait_for_price(acme)
    wait_for_price(acme)
    with acme.scope():
        assert UnpricedEntry.objects.count() == 3


def test_prices_waiting_work_again_once_the_price_is_there(acme: Firm, replayed: list[int]) -> None:
    fay = acme.client("fay")
    wait_for_price(acme)
    shown = fay.get(acme.url("pricing/unpriced/")).content.decode()
    for text in ("Ben", "Senior consultant", "1 Jul 2026", "Sales 2025", "Add price"):
        assert text in shown
    with acme.scope():
        PriceLine.objects.filter(role__code="SC", price_list__context="sales").delete()
        outcome = unpriced.replay_waiting(actor=acme.actors["fay"], at=AT)
    assert (outcome.priced, outcome.waiting) == (0, 3)
    added = fay.post(
        acme.url("pricing/unpriced/add-price/"),
        {
            "price_list": sales_list(acme), "from_on": "2026-07-01", "transaction_class": "time",
            "role": acme.roles["SC"].pk, "method": "price", "unit": "day", "value": "77",
        },
    )  # fmt: skip
    assert added.status_code == 302, added.content.decode()
    assert fay.post(acme.url("pricing/unpriced/replay-all/")).status_code == 302
    with acme.scope():
        from psa.core.jobs import services as jobs

        run = jobs.run_now(JobRun.objects.get(kind="pricing.replay_unpriced").pk)
        assert run.result == {"priced": 3, "waiting": 0}
        again = unpriced.replay_waiting(actor=acme.actors["fay"], at=AT)
    assert (again.priced, again.waiting) == (0, 0)
    assert sorted(replayed) == [1, 1, 2, 2, 3, 3]


def test_adds_a_price_to_a_used_list_as_a_new_version(acme: Firm) -> None:
    with acme.scope():
        PriceLine.objects.filter(role__code="SC", price_list__context="sales").delete()
        PriceList.objects.filter(context="sales").update(is_used=True)
    acme.client("fay").post(
        acme.url("pricing/unpriced/add-price/"),
        {
            "price_list": sales_list(acme), "from_on": "2026-07-01", "transaction_class": "time",
            "role": acme.roles["SC"].pk, "method": "price", "unit": "day", "value": "77",
        },
    )  # fmt: skip
    with acme.scope():
        old, new = PriceList.objects.filter(context="sales").order_by("version")
        assert (old.valid_until, new.valid_from) == (date(2026, 7, 1), date(2026, 7, 1))
        assert (old.lines.count(), new.lines.count(), new.status) == (2, 3, "active")


def test_lists_take_the_same_queries_however_many_there_are(
    acme: Firm, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    fay = acme.client("fay")
    with acme.scope():
        PriceList.objects.bulk_create(
            PriceList(
                tenant=acme.tenant, name=f"L{n}", context="sales", currency="GBP",
                owner_kind="account", owner_id=n, valid_from=date(2026, 1, 1),
            )
            for n in range(40)
        )  # fmt: skip
    fay.get(acme.url("pricing/lists/"))
    with django_assert_max_num_queries(20):
        fay.get(acme.url("pricing/lists/"))
