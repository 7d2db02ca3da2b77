"""How the parts of a PDF are drawn: fonts, styles, the page's frame and its numbers."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, assert_never
from xml.sax.saxutils import escape

from django.conf import settings
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
    Image,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Table as Grid

from psa.core.documents.language import ENGLISH, said, written
from psa.core.documents.pdf import (
    BOLD,
    ITALIC,
    REGULAR,
    Block,
    Facts,
    Letterhead,
    NewPage,
    Picture,
    Space,
    Table,
    Text,
    Totals,
)

_FILES = {REGULAR: "Regular.ttf", BOLD: "Bold.ttf", ITALIC: "Italic.ttf"}
_MARGIN = 18 * mm
_HEAD = 30 * mm
_FOOT = 18 * mm
_PICTURE_HEIGHT = 215 * mm
_INK = colors.HexColor("#1b1f26")
_MUTED = colors.HexColor("#5c6570")
_LINE = colors.HexColor("#c9ced6")
# Cells are paragraphs with fonts of their own, yet a table names one too: else it is Helvetica.
_FONT = ("FONTNAME", (0, 0), (-1, -1), REGULAR)
_WIDTH = A4[0] - 2 * _MARGIN
# Python calls fixed spaces unprintable, yet they stand between an amount and its sign.
_KEPT = frozenset("\n\t\u00a0\u202f")


def drawn(*, title: str, letterhead: Letterhead, story: Sequence[Block], subject: str) -> bytes:
    """See `psa.core.documents.pdf.render`."""
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
        _WIDTH,
        A4[1] - _HEAD - _FOOT,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )

    def furnish(canvas: Canvas, _: BaseDocTemplate) -> None:
        _draw_letterhead(canvas, letterhead)

    document.addPageTemplates([PageTemplate(id="page", frames=[frame], onPage=furnish)])
    document.build([_drawn(block) for block in story], canvasmaker=_NumberedCanvas)
    return target.getvalue()


def _drawn(block: Block) -> Flowable:
    match block:
        case Text():
            return _text(block.value, block.style)
        case Space():
            return Spacer(1, block.millimetres * mm)
        case Table():
            return _table(block)
        case Totals():
            return _totals(block)
        case Facts():
            return _facts(block)
        case Picture():
            return _picture(block)
        case NewPage():
            return PageBreak()
        case _:
            assert_never(block)


def _text(value: str, style: str = "body") -> Paragraph:
    plain = "".join(c for c in value if c in _KEPT or c.isprintable())
    return Paragraph(escape(plain).replace("\n", "<br/>"), _style(style))


def _table(block: Table) -> Grid:
    total = sum(column.share for column in block.columns)
    head = [
        _text(column.title, "number_strong" if column.is_number else "strong")
        for column in block.columns
    ]
    body = [
        [
            _text(cell, "number" if column.is_number else "body")
            for column, cell in zip(block.columns, row, strict=True)
        ]
        for row in block.rows
    ]
    made = Grid(
        [head, *body],
        colWidths=[_WIDTH * column.share / total for column in block.columns],
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


def _totals(block: Totals) -> Grid:
    last = len(block.rows) - 1
    made = Grid(
        [
            [
                _text(label, "strong" if number == last else "body"),
                _text(value, "number_strong" if number == last else "number"),
            ]
            for number, (label, value) in enumerate(block.rows)
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


def _facts(block: Facts) -> Grid:
    made = Grid(
        [[_text(label, "small"), _text(value)] for label, value in block.rows],
        colWidths=[35 * mm, _WIDTH - 35 * mm],
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


def _picture(block: Picture) -> Image:
    made = Image(io.BytesIO(block.content))
    scale = min(_WIDTH / made.imageWidth, _PICTURE_HEIGHT / made.imageHeight, 1)
    made.drawWidth, made.drawHeight = made.imageWidth * scale, made.imageHeight * scale
    return made


@cache
def _register_fonts() -> None:
    folder = Path(settings.BASE_DIR) / "static" / "vendor" / "roboto"
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=ITALIC)


def _style(name: str) -> ParagraphStyle:
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
