"""psa.core.documents.pdf"""

import io

import pytest
from moneyed import Money
from pypdf import PdfReader

from psa.core.documents import pdf, pdf_drawing
from psa.core.documents.language import written_in

_HEAD = pdf.Letterhead(
    "Alder & Finch GmbH", ["Isarweg 1", "80331 München"], ["VAT DE123456789", "HRB 4711"]
)
_COLUMNS = [pdf.Column("Work", 4), pdf.Column("Hours", 1, True), pdf.Column("Amount", 2, True)]


def _render(lines: int) -> bytes:
    rows = [(f"Müller – day {n} <b>&", "7.50", "₹1,234.50") for n in range(lines)]
    story = [
        pdf.text("Invoice UK-0007", "title"),
        pdf.facts([("Number", "UK-0007"), ("Due", "9 Aug 2026")]),
        pdf.space(4),
        pdf.table(_COLUMNS, rows),
        pdf.totals([("Net", "£1.00"), ("VAT 20 %", "£0.20"), ("Total", "£1.20")]),
    ]
    return pdf.render(title="Invoice UK-0007", letterhead=_HEAD, story=story)


def test_gives_the_same_bytes_for_the_same_content() -> None:
    assert _render(3) == _render(3)
    assert _render(3) != _render(4)


def test_shows_every_sign_and_obeys_no_markup() -> None:
    words = PdfReader(io.BytesIO(_render(1))).pages[0].extract_text()
    for part in ("Müller – day 0 <b>&", "₹1,234.50", "£1.20", "80331 München", "HRB 4711"):
        assert part in words, part


def test_numbers_the_pages_and_repeats_the_head() -> None:
    pages = PdfReader(io.BytesIO(_render(120))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        words = page.extract_text()
        assert f"Page {number} of {len(pages)}" in words
        assert "Alder & Finch GmbH" in words
    assert "Amount" in pages[1].extract_text()


def test_embeds_every_font_it_uses() -> None:
    fonts = {}
    for page in PdfReader(io.BytesIO(_render(120))).pages:
        fonts |= page["/Resources"]["/Font"]
    assert fonts
    for font in fonts.values():
        assert "/FontFile2" in font.get_object()["/FontDescriptor"].get_object()


def test_covers_the_signs_of_all_currencies_with_figures_of_one_width() -> None:
    for name in (pdf.REGULAR, pdf.BOLD, pdf.ITALIC):
        pdf_drawing._style("body")
        face = pdf_drawing.pdfmetrics.getFont(name).face
        assert all(ord(sign) in face.charToGlyph for sign in "€£₹$¥–−üßłőřéÅ")
        assert len({face.charWidths[ord(figure)] for figure in "0123456789"}) == 1


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money("1234.5", "EUR"), "€1,234.50"),
        (Money("-3", "GBP"), "−£3.00"),
        (Money("1234567", "JPY"), "¥1,234,567"),
        (Money("0.125", "KWD"), "KWD\u00a00.125"),
        (Money("10000000", "INR"), "₹10,000,000.00"),
    ],
)
def test_formats_posted_amounts(amount: Money, shown: str) -> None:
    assert pdf.money(amount) == shown


def test_refuses_to_round_an_amount() -> None:
    with pytest.raises(ValueError):
        pdf.money(Money("1.005", "EUR"))


def test_keeps_the_fixed_space_between_an_amount_and_its_sign() -> None:
    with written_in("de"):
        story = [
            pdf.text("Netto 1,00\u00a0€"),
            pdf.table(
                [pdf.Column("Was", 3), pdf.Column("Betrag", 2, is_number=True)],
                [("Leistungen", pdf.money(Money("1234.50", "EUR")))],
            ),
        ]
        made = pdf.render(title="Rechnung", letterhead=_HEAD, story=story)
    # The reader gives a plain space for a fixed one.
    words = PdfReader(io.BytesIO(made)).pages[0].extract_text().replace("\u00a0", " ")
    assert "1.234,50 €" in words and "1,00 €" in words
