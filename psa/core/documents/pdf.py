"""The page frame of every PDF we make: letterhead, tables, totals, page numbers, embedded fonts.

No ORM and no clock: frozen data in, bytes out, and the same data give the same bytes.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from moneyed import Money
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from psa.core.documents.language import ENGLISH, number, said, written
from psa.core.money import rounding

REGULAR, BOLD, ITALIC = "PsaSans", "PsaSans-Bold", "PsaSans-Italic"
_FILES = {REGULAR: "Regular.ttf", BOLD: "Bold.ttf", ITALIC: "Italic.ttf"}
_MARGIN = 18 * mm
_HEAD = 30 * mm
_FOOT = 18 * mm
_INK = colors.HexColor("#1b1f26")
_MUTED = colors.HexColor("#5c6570")
_LINE = colors.HexColor("#c9ced6")
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "INR": "₹", "JPY": "¥"}
# Cells are paragraphs with fonts of their own, yet a table names one too: else it is Helvetica.
_FONT = ("FONTNAME", (0, 0), (-1, -1), REGULAR)
CONTENT_WIDTH = A4[0] - 2 * _MARGIN


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the entity's name, its address lines, and what stands small at the foot."""

    name: str
    address: Sequence[str] = ()
    footer: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; ``share`` is its part of the width, figures are set to the right."""

    title: str
    share: float
    is_number: bool = False


@cache
def _register_fonts() -> None:
    folder = Path(settings.BASE_DIR) / "static" / "vendor" / "roboto"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC)


def heading(label: str) -> Paragraph:
    """The title of a part, told in the document's language."""
    return text(said(label), "heading")


def style(name: str) -> ParagraphStyle:
    """A paragraph style: title, heading, body, small, strong, number or number_strong."""
    _register_fonts()
    body: dict[str, Any] = {"fontName": REGULAR, "fontSize": 9, "leading": 12, "textColor": _INK}
    known: dict[str, dict[str, Any]] = {
        "body": {},
        "small": {"fontSize": 7.5, "leading": 10, "textColor": _MUTED},
        "strong": {"fontName": BOLD},
        "heading": {"fontName": BOLD, "fontSize": 11, "leading": 14, "spaceBefore": 10},
        "title": {"fontName": BOLD, "fontSize": 18, "leading": 22, "spaceAfter": 6},
        "number": {"alignment": TA_RIGHT},
        "number_strong": {"alignment": TA_RIGHT, "fontName": BOLD},
    }
    return ParagraphStyle(name, **(body | known[name]))


# Python calls fixed spaces unprintable, yet they stand between an amount and its sign.
_KEPT = frozenset("\n\t\u00a0\u202f")


def text(value: object, style_name: str = "body") -> Paragraph:
    """A paragraph of plain text: markup in it is shown, not obeyed; line ends are kept."""
    plain = "".join(c for c in str(value) if c in _KEPT or c.isprintable())
    return Paragraph(escape(plain).replace("\n", "<br/>"), style(style_name))


def space(millimetres: float) -> Flowable:
    """Vertical room."""
    return Spacer(1, millimetres * mm)


def money(amount: Money) -> str:
    """A posted amount as documents show it: “€1,234.50”, “−£3.00”, “CHF 1,234.50”; “1.234,50 €”.

    The currency's own places, no rounding. Raises  ValueError for an amount with more places.
    """
    code = amount.currency.code
    places = rounding.minor_units(code)
    value: Decimal = amount.amount
    exact = value.quantize(Decimal(1).scaleb(-places))
    if exact != value:
        raise ValueError(f"{value} {code} is not in the currency's minor unit")
    sign = "−" if exact < 0 else ""
    if written() != ENGLISH:
        return f"{sign}{number(abs(exact), places)}{chr(0xA0)}{_SIGNS.get(code, code)}"
    return f"{sign}{_SIGNS.get(code, code + chr(0xA0))}{abs(exact):,.{places}f}"


def table(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> Table:
    """A table whose head repeats on each page, its titles told; cells are plain text and wrap."""
    total = sum(column.share for column in columns)
    head = [
        text(said(column.title), "number_strong" if column.is_number else "strong")
        for column in columns
    ]
    body = [
        [
            text(cell, "number" if column.is_number else "body")
            for column, cell in zip(columns, row, strict=True)
        ]
        for row in rows
    ]
    made = Table(
        [head, *body],
        colWidths=[CONTENT_WIDTH * column.share / total for column in columns],
        repeatRows=1,
    )
    made.setStyle(
        TableStyle(
            [
                _FONT,
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, _INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, _LINE),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return made


def totals(rows: Sequence[tuple[str, str]]) -> Table:
    """Lines such as net, tax and total at the right; the last one is set strong, under a line."""
    last = len(rows) - 1
    made = Table(
        [
            [
                text(label, "strong" if number == last else "body"),
                text(value, "number_strong" if number == last else "number"),
            ]
            for number, (label, value) in enumerate(rows)
        ],
        colWidths=[45 * mm, 35 * mm],
        hAlign="RIGHT",
    )
    made.setStyle(
        TableStyle(
            [
                _FONT,
                ("LINEABOVE", (0, last), (-1, last), 0.8, _INK),
                ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return made


def facts(rows: Sequence[tuple[str, object]]) -> Table:
    """Label, told, and value, such as number, date and due date."""
    made = Table(
        [[text(said(label), "small"), text(value)] for label, value in rows],
        colWidths=[35 * mm, CONTENT_WIDTH - 35 * mm],
        hAlign="LEFT",
    )
    made.setStyle(
        TableStyle(
            [
                _FONT,
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (0, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    return made


def render(
    *, title: str, letterhead: Letterhead, story: Sequence[Flowable], subject: str = ""
) -> bytes:
    """The PDF on A4 with letterhead, foot and “Page 1 of 3”; all fonts embedded.

    The same content gives the same bytes: no date of making and no random number goes in.
    """
    _register_fonts()
    target = io.BytesIO()
    document = BaseDocTemplate(
        target,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_HEAD,
        bottomMargin=_FOOT,
        title=title,
        author=letterhead.name,
        subject=subject,
        creator="psa",
        invariant=1,
        initialFontName=REGULAR,
        pageCompression=1 if rl_config.pageCompression else 0,
        lang="en-GB" if written() == ENGLISH else written(),
    )
    frame = Frame(
        _MARGIN,
        _FOOT,
        CONTENT_WIDTH,
        A4[1] - _HEAD - _FOOT,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )

    def furnish(canvas: Canvas, _: BaseDocTemplate) -> None:
        _draw_letterhead(canvas, letterhead)

    document.addPageTemplates([PageTemplate(id="page", frames=[frame], onPage=furnish)])
    document.build(list(story), canvasmaker=_NumberedCanvas)
    return target.getvalue()


class _NumberedCanvas(Canvas):
    """Keeps the pages back until their number is known, then writes “Page 1 of 3” on each."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for page in self._pages:
            self.__dict__.update(page)
            self.setFont(REGULAR, 7.5)
            self.setFillColor(_MUTED)
            self.drawRightString(
                A4[0] - _MARGIN,
                8 * mm,
                said("Page {number} of {count}", number=self._pageNumber, count=len(self._pages)),
            )
            super().showPage()
        super().save()


def _draw_letterhead(canvas: Canvas, letterhead: Letterhead) -> None:
    canvas.saveState()
    canvas.setFillColor(_INK)
    canvas.setFont(BOLD, 12)
    top = A4[1] - 14 * mm
    canvas.drawString(_MARGIN, top, letterhead.name)
    canvas.setFont(REGULAR, 7.5)
    canvas.setFillColor(_MUTED)
    for place, line in enumerate(letterhead.address):
        canvas.drawRightString(A4[0] - _MARGIN, top - place * 3.4 * mm, line)
    for place, line in enumerate(reversed(letterhead.footer)):
        canvas.drawString(_MARGIN, 8 * mm + place * 3.2 * mm, line)
    canvas.restoreState()
