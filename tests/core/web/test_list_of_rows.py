"""The same list over rows in memory, and its files."""

import csv
import io
import zipfile
from dataclasses import replace

import pytest
from django.template import Context, Template

from psa.core.web import example
from psa.core.web.lists import Column, ListSpec, build_list, list_page
from psa.core.web.lists.cells import Cell
from psa.core.web.lists.export import MAX_ROWS, harmless

from .conftest import MakeRequest

pytestmark = pytest.mark.urls("psa.tenant_urls")

NOTES = ListSpec(
    key="notes",
    title="Notes [all]",
    noun=("note", "notes"),
    columns=(Column("text", "Text"), Column("minutes", "Hours", kind="hours")),
    order="id",
)
SPEC = replace(
    example.PROJECTS,
    actions=(),
    bulk=(),
    columns=tuple(replace(c, why=None) for c in example.PROJECTS.columns),
)


def test_sorts_pages_and_comes_back(make_request: MakeRequest) -> None:
    rows = example.project_rows()
    first = build_list(make_request("/list/"), replace(SPEC, page_size=3, row_url=None), rows)
    second = build_list(
        make_request(f"/list/{first.next_url}"), replace(SPEC, page_size=3, row_url=None), rows
    )
    back = build_list(
        make_request(f"/list/{second.previous_url}"), replace(SPEC, page_size=3, row_url=None), rows
    )
    assert [r.id for r in back.rows] == [r.id for r in first.rows]
    assert {r.id for r in first.rows}.isdisjoint(r.id for r in second.rows)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("f.state=active", 5),
        ("f.is_disputed=yes", 1),
        ("f.customer=kessler", 2),
        ("q=castell", 2),
        ("view=risk", 4),
        ("f.ends_on.from=2026-10-01", 2),
    ],
)
def test_filters(make_request: MakeRequest, query: str, count: int) -> None:
    spec = replace(SPEC, row_url=None, page_size=50)
    page = build_list(make_request(f"/list/?{query}"), spec, example.project_rows())
    assert page.count == count


def test_totals_each_currency_apart(make_request: MakeRequest) -> None:
    spec = replace(SPEC, row_url=None)
    page = build_list(make_request("/list/"), spec, example.project_rows())
    assert [t.label for t in page.totals] == ["6 projects in EUR", "2 projects in GBP"]
    assert page.totals[0].cells[0].html == '<span class="psa-cur">€</span>1,843,500'
    assert page.totals[0].cells[1].html == "1,585:30"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_makes_formulas_harmless(text: str) -> None:
    assert harmless(text) == "'" + text


def test_writes_csv_with_hours_as_a_clock(make_request: MakeRequest) -> None:
    rows = [{"id": 1, "text": "=HYPERLINK(1)", "minutes": 450}]
    body = list_page(make_request("/list/?export=csv"), NOTES, rows).content
    assert list(csv.reader(io.StringIO(body.decode("utf-8-sig")))) == [
        ["Text", "Hours"],
        ["'=HYPERLINK(1)", "7:30"],
    ]


def test_writes_a_workbook_without_formulas(make_request: MakeRequest) -> None:
    rows = [
        {"id": 1, "text": "=1+1", "minutes": 450},
        {"id": 2, "text": "https://x.test", "minutes": 1},
    ]
    response = list_page(make_request("/list/?export=xlsx"), NOTES, rows)
    sheet = zipfile.ZipFile(io.BytesIO(response.content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet and b"hyperlink" not in sheet
    assert b"0.3125" in sheet


def test_refuses_a_file_of_too_many_rows(make_request: MakeRequest) -> None:
    rows = [{"id": n, "text": "x", "minutes": 1} for n in range(MAX_ROWS + 1)]
    response = list_page(make_request("/list/?export=csv", htmx=True), NOTES, rows)
    assert response.status_code == 422
    assert "more than 10,000 rows" in response.content.decode()


def test_refuses_the_file_without_its_permission(make_request: MakeRequest) -> None:
    spec = replace(NOTES, export_permission="notes.export")
    rows = [{"id": 1, "text": "x", "minutes": 1}]
    response = list_page(make_request("/list/?export=csv", htmx=True), spec, rows)
    assert response.status_code == 422
    assert "Export" not in response.content.decode().split("psa-note")[0]


def test_says_what_to_do_when_nothing_matches(make_request: MakeRequest) -> None:
    html = list_page(
        make_request("/list/?q=zzz", htmx=True), NOTES_WITH_SEARCH, []
    ).content.decode()
    assert "No notes match" in html and "Clear filters" in html


NOTES_WITH_SEARCH = replace(NOTES, search=("text",))


def test_escapes_what_people_typed(make_request: MakeRequest) -> None:
    rows = [{"id": 1, "text": "<script>alert(1)</script>", "minutes": 1}]
    html = list_page(
        make_request("/list/?q=%3Cscript%3E", htmx=True), NOTES_WITH_SEARCH, rows
    ).content
    assert b"<script" not in html


def test_a_cell_is_written_as_its_element_and_its_text_is_escaped() -> None:
    drawn = Template("{{ head }}{{ cell }}").render(
        Context({"head": Cell("<b>", is_head=True), "cell": Cell("1", "psa-num")})
    )
    assert drawn == '<th scope="row">&lt;b&gt;</th><td class="psa-num">1</td>'
