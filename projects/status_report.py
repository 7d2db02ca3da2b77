"""A published status report as a document: its sections, as PDF and as DOCX.

The client's edition has no cost, no CPI and no EAC, and of the register only what is shown to the
client; the internal one has all of it. No ORM and no clock.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from moneyed import Money

from psa.core.documents import pdf
from psa.core.documents.language import ENGLISH, day, language_of, number, said, written_in

from .rules.reporting import ReportContent

if TYPE_CHECKING:
    from docx.document import Document as DocxDocument

PDF_TYPE: Final = "application/pdf"
DOCX_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_HEALTH: Final = {
    "ok": "Green – on track",
    "warn": "Amber – at risk",
    "bad": "Red – off track",
    "none": "Not started",
}
_STATES: Final = {
    "done": "Done", "overdue": "Overdue", "soon": "Due within two weeks", "planned": "Planned",
}  # fmt: skip


class Edition(StrEnum):
    """Who reads it."""

    CLIENT = "client"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: titles with the share of the width, and its cells."""

    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a text, or a table, below it."""

    heading: str
    text: str = ""
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole document, whatever file it becomes."""

    title: str
    seller_name: str
    seller_address: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    language: str = ENGLISH


def sheet_of(content: ReportContent, edition: Edition, *, language: str | None = None) -> Sheet:
    """What stands in the document of this edition; sections without anything are left out.

    It is written in the client's language, or in `language`, such as the reader's own.
    """
    with written_in(language or content.language):
        return _sheet_of(content, edition, language_of(language or content.language))


def _sheet_of(content: ReportContent, edition: Edition, language: str) -> Sheet:
    is_internal = edition is Edition.INTERNAL
    shown = [one for one in content.entries if is_internal or one.is_client_visible]
    risks = [one for one in shown if one.kind in ("risk", "issue")]
    decisions = [one for one in shown if one.kind == "decision"]
    needed = "\n".join(
        [content.decisions_required, *(f"{one.code} {one.title}" for one in decisions)]
    ).strip()
    sections = [
        Section(said("Summary"), content.summary),
        Section(said("Accomplishments"), content.accomplishments),
        Section(said("Milestones"), grid=_milestones(content)),
        Section(said("Issues and risks"), grid=_entries(risks)),
        Section(said("Next steps"), content.next_steps),
        Section(said("Decisions required"), needed),
    ]
    return Sheet(
        said(
            "Status report {number}: {project}", number=content.number, project=content.project_name
        ),
        content.seller_name,
        content.seller_address,
        tuple(_facts(content, is_internal)),
        tuple(one for one in sections if one.text or (one.grid and one.grid.rows)),
        language,
    )


def _facts(content: ReportContent, is_internal: bool) -> list[tuple[str, str]]:
    health = said(_HEALTH[content.health])
    if content.health_comment:
        health += f": {content.health_comment}"
    found = [
        ("Project", f"{content.project_code} {content.project_name}"),
        ("Customer", content.account_name),
        ("Project manager", content.manager_name),
        ("As of", _day(content.as_of)),
        ("Status", health),
        (
            "Complete",
            said(
                "{done}, planned {planned}",
                done=f"{content.complete_percent:.0f} %",
                planned=f"{content.planned_percent:.0f} %",
            ),
        ),
        ("Schedule (SPI)", _ratio(content.spi)),
        ("Agreed end", _day(content.ends_on)),
        ("Plan finishes", _day(content.finishes_on)),
    ]
    if is_internal:
        found += [
            ("Figures say", said(_HEALTH[content.computed_health])),
            ("Cost (CPI)", _ratio(content.cpi)),
            ("Budget", _money(content.budget_amount, content.currency)),
            ("Cost so far", _money(content.cost_amount, content.currency)),
            ("Estimate at completion", _money(content.eac_amount, content.currency)),
        ]
    return [(said(label), value) for label, value in found]


def _milestones(content: ReportContent) -> Grid:
    return Grid(
        _told(("Milestone", 5), ("Baseline", 2), ("Planned", 2), ("State", 2)),
        tuple(
            (one.name, _day(one.baseline_on), _day(one.due_on), said(_STATES[one.state]))
            for one in content.milestones
        ),
    )


def _entries(entries: Sequence[Any]) -> Grid:
    return Grid(
        _told(
            ("No.", 1),
            ("Issue or risk", 5),
            ("Level", 1.5),
            ("Owner", 2),
            ("Due", 2),
            ("Status", 2),
        ),
        tuple(
            (
                one.code,
                one.title,
                _level(one.level),
                one.owner_name,
                _day(one.due_on),
                said(one.status),
            )
            for one in entries
        ),
    )


def _level(text: str) -> str:
    """“High (16)” with its word told."""
    word, bracket, points = text.partition(" (")
    return f"{said(word)}{bracket}{points}"


def _told(*columns: tuple[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple((said(title), share) for title, share in columns)


def as_pdf(sheet: Sheet) -> bytes:
    """The document on the firm's letterhead; equal sheets give equal bytes."""
    with written_in(sheet.language):
        return _as_pdf(sheet)


def _as_pdf(sheet: Sheet) -> bytes:
    story: list[pdf.Block] = [pdf.text(sheet.title, "title"), pdf.facts(list(sheet.facts))]
    for section in sheet.sections:
        story.append(pdf.text(section.heading, "heading"))
        if section.grid:
            columns = [pdf.Column(title, share) for title, share in section.grid.columns]
            story += [pdf.space(2), pdf.table(columns, section.grid.rows)]
        else:
            story.append(pdf.text(section.text))
    head = pdf.Letterhead(sheet.seller_name, sheet.seller_address.splitlines())
    return pdf.render(title=sheet.title, letterhead=head, story=story)


def as_docx(sheet: Sheet, *, at: datetime) -> bytes:
    """The document to go on writing in, dated `at`."""
    from docx import Document

    made = Document()
    made.core_properties.title = sheet.title
    made.core_properties.author = sheet.seller_name
    made.core_properties.comments = ""
    made.core_properties.language = sheet.language
    _set_language(made, sheet.language)
    made.core_properties.created = made.core_properties.modified = at.replace(tzinfo=None)
    made.sections[0].header.paragraphs[0].text = _printable(sheet.seller_name)
    made.add_heading(_printable(sheet.title), level=0)
    _docx_table(made, (("", 1), ("", 3)), sheet.facts, has_head=False)
    for section in sheet.sections:
        made.add_heading(section.heading, level=1)
        if section.grid:
            _docx_table(made, section.grid.columns, section.grid.rows)
        else:
            for line in section.text.splitlines():
                made.add_paragraph(_printable(line))
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _docx_table(
    made: "DocxDocument",
    columns: Sequence[tuple[str, float]],
    rows: Sequence[Sequence[str]],
    *,
    has_head: bool = True,
) -> None:
    """A table as wide as the page; its head comes again on each, or else its first column is bold."""
    table = made.add_table(rows=0, cols=len(columns))
    table.style = "Table Grid" if has_head else "Normal Table"
    page = made.sections[0]
    room = (page.page_width or 0) - (page.left_margin or 0) - (page.right_margin or 0)
    whole = sum(share for _, share in columns)
    titles = [[title for title, _ in columns]] if has_head else []
    for place, row in enumerate([*titles, *rows]):
        made_row = table.add_row()
        is_head = has_head and place == 0
        if is_head:
            made_row._tr.get_or_add_trPr().append(_element("w:tblHeader"))
        for column, (cell, text) in enumerate(zip(made_row.cells, row, strict=True)):
            cell.width = int(room * columns[column][1] / whole)
            run = cell.paragraphs[0].add_run(_printable(text))
            run.bold = is_head or (not has_head and column == 0)


def _set_language(made: "DocxDocument", language: str) -> None:
    """The language in which a program checks the spelling."""
    from docx.oxml.ns import qn

    for one in made.styles.element.iter(qn("w:lang")):
        one.set(qn("w:val"), "de-DE" if language == "de" else "en-GB")


def _element(name: str) -> Any:
    from docx.oxml import OxmlElement

    return OxmlElement(name)


def _printable(text: str) -> str:
    """XML has no place for control characters."""
    return "".join(c for c in text if c in "\n\t" or c.isprintable())


def _day(on: date | None) -> str:
    return day(on) if on else "–"


def _ratio(value: Decimal | None) -> str:
    return "–" if value is None else number(value, 2)


def _money(amount: Decimal | None, currency: str) -> str:
    return "–" if amount is None else pdf.money(Money(amount, currency))
