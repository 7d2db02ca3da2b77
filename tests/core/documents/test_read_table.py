"""Reading a table out of whatever people upload: in any usual dress, or refused with a sentence."""

import io
import zipfile
from datetime import date, datetime, timedelta

import pytest
import xlsxwriter

from psa.core.documents import tables
from psa.core.documents.tables import read_table
from psa.core.errors import DomainError

TEXT = "Name,Städte\nMüller,Köln\n\nŁ,x\n"


def read(content: bytes, **more: int) -> tables.Table:
    return read_table(content, filename="f.csv", max_rows=more.get("max_rows", 100))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_reads_every_usual_encoding(encoding: str) -> None:
    table = read(TEXT.encode(encoding))
    assert table.header == ("Name", "Städte")
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ("Müller", "Köln")),
        (4, ("Ł", "x")),
    ]
    assert table.notes == ()


def test_says_so_when_it_reads_windows_1252() -> None:
    table = read("Name,Ort\nMüller,Köln\n".encode("cp1252"))
    assert table.rows[0].cells == ("Müller", "Köln")
    assert "Windows-1252" in table.notes[0]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_finds_the_sign_between_the_cells(sign: str) -> None:
    lines = [["Name", "Price", "Note"], ["A", "1,5", "x; y"], ["B", "2,5", "z"]]
    if sign == ",":
        lines = [[cell.replace(",", ".") for cell in row] for row in lines]
    text = "\n".join(sign.join(f'"{cell}"' for cell in row) for row in lines)
    assert len(read(text.encode()).rows[0].cells) == 3


def test_keeps_commas_and_breaks_inside_quotes() -> None:
    table = read(b'A,B\n"x, y","one\ntwo"\n')
    assert table.rows[0].cells == ("x, y", "one\ntwo")


def test_fills_short_rows_and_cuts_long_ones() -> None:
    table = read(b"A,B\n1\n1,2,3\n")
    assert [row.cells for row in table.rows] == [("1", ""), ("1", "2")]
    assert "more cells than the header" in table.notes[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n\n,,\n", "is empty"),
        (b"A,B\nx\x00y,1\n", "binary data"),
        (b"A,B\n\x07,1\n", "binary data"),
        (b"lonely\n1\n", "one column only"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old or an encrypted workbook"),
        (b"PK\x03\x04nonsense", "damaged workbook"),
        (b"A,B\n" + b"1,2\n" * 101, "more than 100 rows"),
        (b"A,B\n" + b"1" * 5000 + b",2\n", "quotation mark may be missing"),
        ((",".join(f"C{n}" for n in range(201)) + "\n").encode(), "more than 200 columns"),
    ],
)
def test_refuses_with_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(DomainError, match=why) as caught:
        read(content)
    assert caught.value.field == "file"


def workbook() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    clock = book.add_format({"num_format": "[h]:mm:ss"})
    sheet.write_row(0, 0, ["Name", "On", "At", "Hours", "Price", "Count", "Yes", "Formula"])
    sheet.write_string(1, 0, "Müller")
    sheet.write_datetime(1, 1, date(2026, 7, 9), day)
    sheet.write_datetime(1, 2, datetime(2026, 7, 9, 8, 30), day)
    sheet.write_datetime(1, 3, timedelta(hours=26, minutes=30), clock)
    sheet.write_number(1, 4, 0.1)
    sheet.write_number(1, 5, 12)
    sheet.write_boolean(1, 6, True)
    sheet.write_formula(1, 7, "=1+1", None, 2)
    book.close()
    return out.getvalue()


def test_reads_typed_cells_of_a_workbook_and_what_its_formulas_gave() -> None:
    [row] = read(workbook()).rows
    assert (row.number, row.cells) == (
        2,
        ("Müller", "2026-07-09", "2026-07-09 08:30", "26:30:00", "0.1", "12", "yes", "2"),
    )


def test_refuses_a_workbook_that_unfolds_beyond_reason() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (20 * 1024 * 1024))
    with pytest.raises(DomainError, match="unpacks to far more"):
        read(out.getvalue())


def test_refuses_a_workbook_whose_sizes_are_not_true() -> None:
    content = workbook()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        part = max(package.infolist(), key=lambda info: info.file_size)
    lie = content.replace(part.file_size.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != content
    with pytest.raises(DomainError, match="damaged workbook"):
        read(lie)


def test_refuses_an_archive_that_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("letter.txt", "hello")
    with pytest.raises(DomainError, match="is an archive"):
        read(out.getvalue())
