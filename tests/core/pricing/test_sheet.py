"""The sheet of a draft: rows saved by themselves, files that come back as they were."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from psa.core.documents.tables import read_table
from psa.core.errors import Conflict, NotFound
from psa.core.pricing import sheet_selectors
from psa.core.pricing.models import PriceLine, PriceList, PricingDimension
from psa.core.pricing.services import imports, lists, sheet
from psa.core.pricing.services.drafts import NotDraft
from psa.core.pricing.services.lines import LineDraft, add_lines
from psa.core.pricing.services.sheet import SheetRow
from tests.factories import AT, Firm, make_firm
from tests.shown import shown


@pytest.fixture
def acme(db: None) -> Firm:
    return make_firm()


def draft(firm: Firm, **more: Any) -> PriceList:
    given = {"name": "GBP 2027", "context": "sales", "currency": "GBP", **more}
    return lists.create_list(valid_from=date(2027, 1, 1), actor=firm.actors["fay"], at=AT, **given)


def row(ref: str, line_id: int | None = None, **values: str) -> SheetRow:
    return SheetRow(ref, line_id, {"method": "Price", "transaction_class": "time", **values})


def save(firm: Firm, made: PriceList, *rows: SheetRow, **more: Any) -> sheet.SheetOutcome:
    return sheet.save_rows(
        list_id=made.pk, rows=rows, removed_ids=more.get("removed", ()),
        lock_version=more.get("version", made.lock_version), actor=firm.actors["fay"], at=AT,
    )  # fmt: skip


def test_saves_good_rows_and_says_of_each_bad_one_why(acme: Firm) -> None:
    with acme.scope():
        made = draft(acme)
        done = save(
            acme, made,
            row("a", role="PM", value="1,250.50", unit="day"),
            row("b", role="Wizard", value="1"),
            row("c", role="SC", value="lots"),
            row("d", role="SC", value=""),
            row("e", role="PM", value="1", unit="day"),
            row("f", role="SC", value="100", unit="week"),
            row("g", resourcing_unit="Moon", value="1"),
            row("h", value="90", transaction_class="party"),
            row("i", role="Any", value="£80", unit="hrs"),
        )  # fmt: skip
        said = {one.ref: (one.status, one.field, one.sentence) for one in done.rows}
        assert said["a"][:2] == ("saved", "")
        assert said["i"][:2] == ("saved", "")
        assert said["b"] == ("failed", "role", "There is no role “Wizard”.")
        assert said["c"][:2] == ("failed", "value")
        assert said["d"] == ("failed", "value", "Enter a price.")
        assert said["e"] == ("failed", "value", "Another line is for the same values and unit.")
        assert said["f"][:2] == ("failed", "unit")
        assert said["g"][:2] == ("failed", "resourcing_unit")
        assert said["h"][0] == "failed"
        values = PriceLine.objects.filter(price_list=made).order_by("id")
        assert list(values.values_list("value", "unit")) == [
            (Decimal("1250.5"), "day"), (Decimal(80), "hour"),
        ]  # fmt: skip
        assert done.lock_version == made.lock_version + 1


def test_changes_and_removes_lines_and_keeps_a_refused_one_as_it_was(acme: Firm) -> None:
    with acme.scope():
        made = draft(acme)
        first = save(acme, made, row("a", role="PM", value="10"), row("b", role="SC", value="20"))
        a, b = (one.line_id for one in first.rows)
        done = save(
            acme, made, row("a", a, role="PM", value="11"), row("b", b, role="PM", value="5"),
            version=first.lock_version,
        )  # fmt: skip
        assert [one.status for one in done.rows] == ["saved", "failed"]
        assert PriceLine.objects.get(pk=b).role == acme.roles["SC"]
        done = save(acme, made, removed=[a], version=done.lock_version)
        assert not PriceLine.objects.filter(pk=a).exists()
        again = save(acme, made, row("a", a, role="PM", value="1"), version=done.lock_version)
        assert "gone" in again.rows[0].sentence
        assert again.lock_version == done.lock_version


def test_refuses_what_somebody_else_has_changed_and_what_is_no_draft(acme: Firm) -> None:
    with acme.scope():
        made = draft(acme)
        save(acme, made, row("a", role="PM", value="10"))
        with pytest.raises(Conflict, match="changed elsewhere"):
            save(acme, made, row("b", role="SC", value="10"))
        active = PriceList.objects.get(context="sales", status="active")
        with pytest.raises(NotDraft, match="Make a new version"):
            save(acme, active, row("b", role="SC", value="10"))
        with pytest.raises(NotFound):
            sheet.save_rows(
                list_id=made.pk, rows=[], removed_ids=[], lock_version=1,
                actor=acme.actors["ben"], at=AT,
            )  # fmt: skip


def test_takes_the_same_queries_for_one_row_and_for_five_hundred(
    acme: Firm, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    with acme.scope():
        PricingDimension.objects.create(
            tenant=acme.tenant, code="site", name="Site", priority=9, source="resource.location"
        )
        made = draft(acme)
        rows = [row(f"r{n}", role="PM", dim_site=f"S{n}", value=str(n)) for n in range(500)]
        with django_assert_max_num_queries(18):
            done = save(acme, made, *rows)
        assert {one.status for one in done.rows} == {"saved"}


def test_speaks_json_with_its_page(acme: Firm) -> None:
    fay = acme.client("fay")
    with acme.scope():
        made = draft(acme)
    url = acme.url(f"pricing/lists/{made.pk}/sheet/")
    data = fay.get(url).json()
    assert [column["code"] for column in data["columns"]][-1] == "value"
    assert {"PM", "pm", "Designer"} <= set(data["columns"][1]["choices"])

    def post(body: Any) -> Any:
        sent = body if isinstance(body, str) else json.dumps(body)
        return fay.post(f"{url}save/", sent, content_type="application/json")

    good = {"ref": "r1", "id": None, "values": {"role": "PM", "value": "9", "method": "Price"}}
    answer = post({"lock_version": 1, "rows": [good], "removed": []})
    assert (answer.status_code, answer.json()["rows"][0]["status"]) == (200, "saved")
    assert answer.json()["rows"][0]["values"][-2:] == ["hour", "9.00"]
    assert post({"lock_version": 1, "rows": [good], "removed": []}).status_code == 409
    for bad in ("", "[]", "{}", '{"lock_version": 2, "rows": [1]}', '{"lock_version": "x"}'):
        assert post(bad).status_code == 400, bad
    assert post({"lock_version": 2, "rows": [{**good, "id": 10**30}]}).status_code == 400
    assert "data-sheet" in fay.get(acme.url(f"pricing/lists/{made.pk}/")).content.decode()


@pytest.mark.parametrize("name", ["amara", "bill", "ben", "priya"])
def test_hands_a_cost_sheet_to_nobody_who_may_not_see_it(acme: Firm, name: str) -> None:
    with acme.scope():
        PriceLine.objects.filter(price_list__context="cost").update(value=Decimal("431.17"))
        cost = PriceList.objects.get(context="cost").pk
        sales = PriceList.objects.get(context="sales").pk
    client = acme.client(name)
    for path in ("sheet/", "lines.csv", "lines.xlsx", "difference/", f"difference/?other={sales}"):
        assert client.get(acme.url(f"pricing/lists/{cost}/{path}")).status_code == 404
    assert client.get(acme.url(f"pricing/lists/{sales}/difference/?other={cost}")).status_code in (
        404, 422,
    )  # fmt: skip
    assert "431" not in shown(client.get(acme.url("pricing/coverage/?context=cost")))


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_comes_back_from_a_file_as_it_went_out(acme: Firm, form: str) -> None:
    with acme.scope():
        fay = acme.actors["fay"]
        PricingDimension.objects.create(
            tenant=acme.tenant, code="certified", name="Certified", priority=9,
            source="resource.certified",
        )  # fmt: skip
        acme.roles["CO"].name = acme.roles["SC"].name
        acme.roles["CO"].save()
        made = draft(acme)
        travel = acme.categories["travel"].pk
        add_lines(
            list_id=made.pk, actor=fay, at=AT,
            lines=[
                LineDraft(Decimal("1250.123456"), acme.roles["PM"].pk, unit="day"),
                LineDraft(Decimal("99.5"), acme.roles["SC"].pk, acme.units["UK"].pk),
                LineDraft(Decimal(88), acme.roles["CO"].pk, dimensions={"certified": "yes"}),
                LineDraft(Decimal(70)),
                LineDraft(
                    Decimal(10), transaction_class="expense", category_id=travel, method="markup",
                    unit="unit",
                ),
                LineDraft(Decimal(0), transaction_class="expense", method="at_cost", unit="unit"),
                LineDraft(Decimal(5), transaction_class="material", item="Cable", unit="metre"),
            ],
        )  # fmt: skip
        before = sheet_selectors.sheet(actor=fay, list_id=made.pk)
        body = sheet_selectors.as_csv(before) if form == "csv" else sheet_selectors.as_xlsx(before)
        assert len(read_table(body, filename=f"f.{form}", max_rows=99).rows) == 7
        done = imports.import_list(
            content=imports.card_text(body, f"f.{form}"), name="Again", context="sales",
            currency="GBP", valid_from=date(2028, 1, 1), actor=fay, at=AT,
        )  # fmt: skip
        after = sheet_selectors.sheet(actor=fay, list_id=done.price_list.pk)
        assert sorted(values for _, values in after.rows) == sorted(
            values for _, values in before.rows
        )


def test_a_used_list_is_followed_and_never_edited(acme: Firm) -> None:
    with acme.scope():
        fay = acme.actors["fay"]
        used = PriceList.objects.get(context="sales")
        PriceList.objects.filter(pk=used.pk).update(is_used=True)
        new = lists.new_version(
            list_id=used.pk, valid_from=date(2026, 7, 1), uplift_percent=Decimal(5),
            round_to=Decimal(5), actor=fay, at=AT,
        )  # fmt: skip
        first = PriceLine.objects.filter(price_list=new).order_by("id").first()
        assert first is not None
        save(acme, new, row("a", first.pk, role="PM", value="1300", unit="day"))
        lists.activate_list(list_id=new.pk, actor=fay, at=AT)
        used.refresh_from_db()
        assert used.valid_until == date(2026, 7, 1)
        assert PriceLine.objects.get(price_list=used, role__code="PM").value == 1200
        assert PriceLine.objects.get(price_list=new, role__code="PM").value == 1300
