"""What every PDF we make is made of: letterhead, texts, tables, totals, pictures; and money as it shows.

No ORM and no clock: frozen data in, bytes out, and the same data give the same bytes. How they are
drawn is in pdf_drawing.py, which is loaded with the first document: a process that draws none
starts sooner and is smaller by the library.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.documents.language import ENGLISH, number, said, written
from psa.core.money import rounding

REGULAR, BOLD, ITALIC = "PsaSans", "PsaSans-Bold", "PsaSans-Italic"
_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "INR": "₹", "JPY": "¥"}


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


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of plain text: markup in it is shown, not obeyed; line ends are kept, other
    signs that can't be printed are not.

    ``style`` is title, heading, body, small, strong, number or number_strong.
    """

    value: str
    style: str = "body"


@dataclass(frozen=True, slots=True)
class Space:
    """Vertical room."""

    millimetres: float


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose head repeats on each page; cells are plain text and wrap."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Lines such as net, tax and total at the right; the last one is set strong, under a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Label and value, such as number, date and due date."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in a format that the library reads, as wide as the text at most."""

    content: bytes


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins on a page of its own."""


Block = Text | Space | Table | Totals | Facts | Picture | NewPage


def heading(label: str) -> Text:
    """The title of a part, told in the document's language."""
    return text(said(label), "heading")


def text(value: object, style: str = "body") -> Text:
    """A paragraph of plain text."""
    return Text(str(value), style)


def space(millimetres: float) -> Space:
    """Vertical room."""
    return Space(millimetres)


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
    """A table with its titles told in the document's language."""
    told = tuple(Column(said(c.title), c.share, c.is_number) for c in columns)
    if any(len(row) != len(told) for row in rows):
        raise ValueError("A row of the table has not one cell for each column")
    return Table(told, tuple(tuple(str(cell) for cell in row) for row in rows))


def totals(rows: Sequence[tuple[str, str]]) -> Totals:
    """Net, tax and total."""
    return Totals(tuple(rows))


def facts(rows: Sequence[tuple[str, object]]) -> Facts:
    """Labels, told in the document's language, and their values."""
    return Facts(tuple((said(label), str(value)) for label, value in rows))


def render(
    *, title: str, letterhead: Letterhead, story: Sequence[Block], subject: str = ""
) -> bytes:
    """The PDF on A4 with letterhead, foot and “Page 1 of 3”; all fonts embedded.

    The same content gives the same bytes: no date of making and no random number goes in.
    """
    from psa.core.documents import pdf_drawing

    return pdf_drawing.drawn(title=title, letterhead=letterhead, story=story, subject=subject)
