"""The one list over a queryset: users stand in for rows, with amounts made from a position."""

import csv
import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Case, DecimalField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Length
from django.test.utils import CaptureQueriesContext

from psa.core.errors import DomainError
from psa.core.web.lists import (
    BoolFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    ListPage,
    ListSpec,
    TextFilter,
    View,
    build_list,
    list_page,
    selected_ids,
)

from .conftest import MakeRequest

pytestmark = pytest.mark.urls("psa.tenant_urls")
User = get_user_model()
SPEC = ListSpec(
    key="users",
    title="Users",
    noun=("user", "users"),
    columns=(
        Column("email", "E-mail", kind="link", sort="email"),
        Column("last_login", "Seen", kind="datetime", sort="last_login"),
        Column("amount", "Amount", kind="money", currency="currency", total=True, sort="amount"),
        Column("margin", "Profit", kind="number", permission="margin.view", total="amount"),
    ),
    filters=(
        ChoiceFilter("currency", "Currency", choices=[("EUR", "Euro"), ("GBP", "Pound")]),
        DateRangeFilter("last_login", "Seen"),
        TextFilter("email", "E-mail"),
        BoolFilter("is_active", "Active"),
    ),
    views=(View("all", "All", count=True), View("active", "Active", where=Q(is_active=True))),
    search=("email__startswith",),
    order="email",
    row_url=lambda row: f"/users/{row['id']}/",
    bulk=(BulkAction("Close", "web:style_bulk"),),
    page_size=4,
)
SEEN_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def rows(db: None) -> QuerySet[Any]:
    """Eleven users: every third never seen, every second closed and paid in pounds."""
    for at in range(11):
        User.objects.create(
            email=f"row{at:02d}@list.test",
            is_active=at % 2 == 0,
            last_login=None if at % 3 == 0 else SEEN_AT + timedelta(days=at // 2),
        )
    money = DecimalField(max_digits=19, decimal_places=4)
    return (
        User.objects.filter(email__endswith="@list.test")
        .annotate(
            amount=Cast(Length("email") * Value(Decimal("1.25")), money),
            currency=Case(When(is_active=True, then=Value("EUR")), default=Value("GBP")),
            margin=Value(Decimal("41.5")),
        )
        .values("id", "email", "last_login", "is_active", "amount", "currency", "margin")
    )


def shown(page: ListPage) -> list[str]:
    return [row.label for row in page.rows]


def walk(make_request: MakeRequest, rows: Any, query: str, *, spec: ListSpec = SPEC) -> list[str]:
    """Every label, page after page."""
    found: list[str] = []
    url = f"/list/?{query}"
    while True:
        page = build_list(make_request(url), spec, rows)
        found += shown(page)
        if not page.next_url:
            return found
        url = f"/list/{page.next_url}"


@pytest.mark.parametrize(
    "sort", ["email", "-email", "last_login", "-last_login", "amount", "-amount"]
)
def test_pages_through_every_row_once(make_request: MakeRequest, rows: Any, sort: str) -> None:
    found = walk(make_request, rows, f"sort={sort}")
    assert len(found) == 11 and len(set(found)) == 11


def test_sorts_missing_values_last_both_ways(make_request: MakeRequest, rows: Any) -> None:
    never = {f"row{at:02d}@list.test" for at in range(0, 11, 3)}
    for sort in ("last_login", "-last_login"):
        assert set(walk(make_request, rows, f"sort={sort}")[-4:]) == never


@pytest.mark.parametrize("sort", ["email", "-email", "last_login", "-last_login"])
def test_goes_back_to_the_same_page(make_request: MakeRequest, rows: Any, sort: str) -> None:
    first = build_list(make_request(f"/list/?sort={sort}"), SPEC, rows)
    second = build_list(make_request(f"/list/{first.next_url}"), SPEC, rows)
    back = build_list(make_request(f"/list/{second.previous_url}"), SPEC, rows)
    assert shown(back) == shown(first)
    assert back.previous_url == ""


@pytest.mark.parametrize(
    "query",
    [
        "sort=password",
        "sort=margin",
        "view=nothing",
        "columns=password,'",
        "after=forged",
        "before=%00",
        "f.currency=QQQ",
        "f.last_login.from=yesterday",
        "f.last_login.to=9999-12-31",
        "f.is_active=perhaps",
        "f.email=%00%27%22",
        "q=%25%27%00",
        "unknown=1&page=-1",
    ],
)
def test_never_fails_on_a_wrong_parameter(make_request: MakeRequest, rows: Any, query: str) -> None:
    assert list_page(make_request(f"/list/?{query}", htmx=True), SPEC, rows).status_code == 200


def test_ignores_a_cursor_of_another_order(make_request: MakeRequest, rows: Any) -> None:
    first = build_list(make_request("/list/?sort=email"), SPEC, rows)
    after = parse_qs(urlsplit(first.next_url).query)["after"][0]
    other = build_list(make_request(f"/list/?sort=-email&after={after}"), SPEC, rows)
    assert shown(other)[0] == "row10@list.test"


def test_says_what_it_left_out(make_request: MakeRequest, rows: Any) -> None:
    page = build_list(make_request("/list/?f.currency=QQQ&f.last_login.from=soon"), SPEC, rows)
    assert page.notes == (
        "Currency has no value “QQQ”; it is left out.",
        "“soon” is not a date, so Seen is not filtered by it.",
    )


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("f.currency=EUR", 6),
        ("f.currency=EUR&f.currency=GBP", 11),
        ("f.is_active=no", 5),
        ("f.email=row1", 1),
        ("q=row0", 10),
        ("view=active", 6),
        ("f.last_login.from=2026-03-02&f.last_login.to=2026-03-03", 3),
    ],
)
def test_filters(make_request: MakeRequest, rows: Any, query: str, count: int) -> None:
    assert len(walk(make_request, rows, query)) == count


def test_totals_the_whole_filtered_set_by_currency(make_request: MakeRequest, rows: Any) -> None:
    page = build_list(make_request("/list/?columns=email,amount"), SPEC, rows)
    assert [(t.label, t.cells[0].html) for t in page.totals] == [
        ("6 users in EUR", '<span class="psa-cur">€</span>112.50'),
        ("5 users in GBP", '<span class="psa-cur">£</span>93.75'),
    ]


def test_asks_as_many_queries_for_one_row_as_for_many(make_request: MakeRequest, rows: Any) -> None:
    counts = []
    for query in ("q=row00", ""):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            list_page(make_request(f"/list/?{query}", htmx=True), SPEC, rows)
        counts.append(len(queries))
    # Rows, count, saved views, totals and the counts of the tabs; a whole page needs no count.
    assert counts == [3, 4]


def test_hides_a_column_from_those_who_may_not_see_it(make_request: MakeRequest, rows: Any) -> None:
    query = "/list/?columns=email,margin&sort=margin"
    blind = list_page(make_request(query, htmx=True), SPEC, rows)
    assert "Profit" not in blind.content.decode() and "41.5" not in blind.content.decode()
    seeing = list_page(make_request(query, permissions=("margin.view",), htmx=True), SPEC, rows)
    assert "41.5" in seeing.content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_never_exports_a_hidden_column(make_request: MakeRequest, rows: Any, kind: str) -> None:
    request = make_request(f"/list/?export={kind}&columns=email,margin")
    body = list_page(request, SPEC, rows).content
    if kind == "xlsx":
        book = zipfile.ZipFile(io.BytesIO(body))
        body = b"".join(book.read(name) for name in book.namelist())
    assert b"41.5" not in body and b"Profit" not in body
    assert b"row00@list.test" in body


def test_exports_what_the_filters_leave(make_request: MakeRequest, rows: Any) -> None:
    request = make_request("/list/?export=csv&f.currency=GBP&columns=email,amount")
    response = list_page(request, SPEC, rows)
    lines = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert lines[0] == ["E-mail", "Amount", "Amount, currency"]
    assert lines[1] == ["row01@list.test", "18.7500", "GBP"]
    assert len(lines) == 6
    assert response["Content-Disposition"] == 'attachment; filename="users.csv"'


def test_reads_the_ticked_rows_and_no_foreign_one(make_request: MakeRequest, rows: Any) -> None:
    outside = User.objects.create(email="otto@globex.test")
    wanted = [rows[0]["id"], rows[3]["id"]]
    data = {"selected": [*map(str, wanted), str(outside.pk), "x", "-1"]}
    assert selected_ids(make_request(data=data), SPEC, rows) == sorted(wanted)


def test_reads_all_that_the_filters_leave(make_request: MakeRequest, rows: Any) -> None:
    request = make_request("/list/?f.currency=GBP", data={"all": "1"})
    assert len(selected_ids(request, SPEC, rows)) == 5


def test_refuses_an_empty_selection(make_request: MakeRequest, rows: Any) -> None:
    with pytest.raises(DomainError, match="Tick at least one"):
        selected_ids(make_request(data={}), SPEC, rows)


def test_gathers_rows_under_their_group_with_the_whole_groups_sums(
    make_request: MakeRequest, rows: QuerySet[Any]
) -> None:
    flagged = replace(
        SPEC.columns[0], key="is_active", label="Active", kind="state", sort="is_active"
    )
    spec = replace(SPEC, columns=(*SPEC.columns[:3], flagged))
    page = build_list(make_request("/list/?group=is_active"), spec, rows)
    heads = [(at, t.name, t.label) for at, row in enumerate(page.rows) for t in row.groups]
    assert heads == [(0, "False", "5 users in GBP")]
    following = build_list(make_request(f"/list/{page.next_url}"), spec, rows)
    assert [t.label for row in following.rows for t in row.groups] == [
        "5 users in GBP",
        "6 users in EUR",
    ]
    assert page.heads[3].aria_sort == "ascending"
    assert "group=is_active" in page.arranged


def test_columns_come_in_the_order_asked_for(
    make_request: MakeRequest, rows: QuerySet[Any]
) -> None:
    page = build_list(make_request("/list/?columns=amount&columns=email"), SPEC, rows)
    assert [h.label for h in page.heads] == ["Amount", "E-mail"]
    assert [o.value for o in page.columns] == ["amount", "email", "last_login"]
