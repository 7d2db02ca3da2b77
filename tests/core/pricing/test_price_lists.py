"""The life of a price list: draft, active, followed by its next version; never edited in place."""

from datetime import date
from decimal import Decimal

import pytest

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.services import lines, lists
from psa.core.pricing.services.drafts import NotDraft
from psa.core.tenancy.models import Tenant
from tests.core.pricing.firm import AT, START, Firm, active_list, line, member

NEXT = date(2027, 1, 1)


def draft(firm: Firm, **more: object) -> PriceList:
    made = lists.create_list(
        **{"name": "Draft", "context": "sales", "currency": "GBP", "valid_from": START, **more},
        actor=firm.fay,
        at=AT,
    )
    lines.add_lines(list_id=made.pk, lines=[line("100")], actor=firm.fay, at=AT)
    return made


def test_refuses_two_active_lists_of_one_owner_on_one_day_and_names_the_other(firm: Firm) -> None:
    active_list(firm, [line("1")], name="Standard 2026")
    second = draft(firm, valid_from=date(2026, 6, 1))
    with pytest.raises(
        lists.Overlap, match="“Standard 2026” .version 1. is active from 2026-01-01"
    ):
        lists.activate_list(list_id=second.pk, actor=firm.fay, at=AT)
    second.refresh_from_db()
    assert second.status == "draft"


@pytest.mark.parametrize(
    "other",
    [
        {"context": "cost"},
        {"currency": "EUR"},
        {"owner_kind": "account", "owner_id": 7},
        {"valid_from": NEXT},
    ],
)
def test_lets_lists_meet_that_differ_in_one_of_them(firm: Firm, other: dict[str, object]) -> None:
    active_list(firm, [line("1")], valid_until=NEXT)
    made = draft(firm, **other)
    assert lists.activate_list(list_id=made.pk, actor=firm.fay, at=AT).status == "active"


def test_never_edits_an_active_list_in_place(firm: Firm) -> None:
    active = active_list(firm, [line("1")])
    with pytest.raises(NotDraft, match="new version"):
        lines.add_lines(
            list_id=active.pk, lines=[line("2", firm.role["pm"])], actor=firm.fay, at=AT
        )
    with pytest.raises(NotDraft):
        lists.discard_draft(list_id=active.pk, actor=firm.fay, at=AT)


def test_ends_the_version_before_where_the_next_begins(firm: Firm) -> None:
    old = active_list(firm, [line("100")])
    new = lists.new_version(list_id=old.pk, valid_from=NEXT, actor=firm.fay, at=AT)
    old.refresh_from_db()
    assert old.valid_until is None  # nothing changes before the draft is activated
    lists.activate_list(list_id=new.pk, actor=firm.fay, at=AT)
    old.refresh_from_db()
    assert (old.status, old.valid_until, new.version) == ("active", NEXT, 2)


def test_replaces_whole_a_version_that_began_no_earlier(firm: Firm) -> None:
    old = active_list(firm, [line("100")])
    new = lists.new_version(list_id=old.pk, valid_from=START, actor=firm.fay, at=AT)
    lists.activate_list(list_id=new.pk, actor=firm.fay, at=AT)
    old.refresh_from_db()
    assert (old.status, old.valid_from, old.valid_until) == ("expired", START, None)


def test_raises_prices_by_role_and_rounds_them_half_up_to_a_step(firm: Firm) -> None:
    pm, senior = firm.role["pm"], firm.role["senior"]
    old = active_list(
        firm,
        [
            line("1000", pm),
            line("905", senior),
            line("15", transaction_class="expense", method="markup", unit="each"),
        ],
    )
    new = lists.new_version(
        list_id=old.pk,
        valid_from=NEXT,
        uplift_percent=Decimal("3"),
        uplift_percent_by_role={senior: Decimal("5")},
        round_to=Decimal(5),
        actor=firm.fay,
        at=AT,
    )
    prices = dict(PriceLine.objects.filter(price_list=new).values_list("role_id", "value"))
    assert prices == {pm: 1030, senior: 950, None: 15}  # 905 × 1.05 = 950.25 → 950; markup kept
    assert PriceLine.objects.filter(price_list=old, value=905).exists()


@pytest.mark.parametrize(
    ("price", "percent", "step", "expected"),
    [
        ("100", "15", None, "115"),
        ("125.44", "2.5", "0.01", "128.58"),  # 128.576
        ("100.5", "0", "1", "101"),  # half up
        ("99", "-10", "10", "90"),  # 89.1
        ("1", "33.333333", None, "1.333333"),
    ],
)
def test_uplift_rounds_once(price: str, percent: str, step: str | None, expected: str) -> None:
    found = lists.uplifted(Decimal(price), Decimal(percent), Decimal(step) if step else None)
    assert found == Decimal(expected)


def test_refuses_two_lines_for_the_same_values(firm: Firm) -> None:
    made = draft(firm)
    pm = firm.role["pm"]
    with pytest.raises(Conflict, match="two lines"):
        lines.add_lines(
            list_id=made.pk, lines=[line("1", pm), line("2", pm)], actor=firm.fay, at=AT
        )
    assert PriceLine.objects.filter(price_list=made).count() == 1


def test_saves_the_grid_whole_and_refuses_a_stale_one(firm: Firm) -> None:
    made = draft(firm)
    row = PriceLine.objects.get(price_list=made)
    grid = [line("120", line_id=row.pk), line("90", firm.role["pm"])]
    lines.save_lines(
        list_id=made.pk, lines=grid, removed_ids=[], lock_version=1, actor=firm.fay, at=AT
    )
    assert set(PriceLine.objects.values_list("value", flat=True)) == {120, 90}
    with pytest.raises(Conflict, match="somebody else"):
        lines.save_lines(
            list_id=made.pk, lines=[], removed_ids=[row.pk], lock_version=1, actor=firm.fay, at=AT
        )


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1e400", "0.0000001", "1e15"])
def test_refuses_a_price_that_is_none(firm: Firm, value: str) -> None:
    made = draft(firm)
    with pytest.raises(DomainError) as refused:
        lines.add_lines(
            list_id=made.pk, lines=[line(value, firm.role["pm"])], actor=firm.fay, at=AT
        )
    assert refused.value.field == "value"


def test_refuses_another_firms_role(firm: Firm) -> None:
    made = draft(firm)
    with pytest.raises(DomainError, match="role does not exist"):
        lines.add_lines(list_id=made.pk, lines=[line("1", 10**9)], actor=firm.fay, at=AT)
    assert Tenant.objects.filter(pk=firm.tenant.pk).exists()


def test_refuses_to_activate_an_empty_list(firm: Firm) -> None:
    made = lists.create_list(
        name="Empty", context="sales", currency="GBP", valid_from=START, actor=firm.fay, at=AT
    )
    with pytest.raises(DomainError, match="no lines"):
        lists.activate_list(list_id=made.pk, actor=firm.fay, at=AT)


def test_hides_cost_lists_from_who_sees_sales_lists_only(firm: Firm) -> None:
    cost = active_list(firm, [line("1")], context="cost")
    sales = active_list(firm, [line("2")])
    bill = member(firm, "Bill", "billing_manager")
    with pytest.raises(NotFound):
        lists.new_version(list_id=cost.pk, valid_from=NEXT, actor=bill, at=AT)
    with pytest.raises(PermissionDenied):
        lists.new_version(list_id=sales.pk, valid_from=NEXT, actor=bill, at=AT)
