"""Reading the table in a file somebody uploads: CSV in any usual dress, or a workbook.

Nothing is guessed about what the cells mean: they come back as text, dates in ISO form, numbers
with a point. What cannot be read safely is refused with a sentence.
"""

import codecs
import csv
import io
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from psa.core.errors import DomainError

from . import antivirus

MAX_BYTES: Final = 25 * 1024 * 1024
MAX_UNPACKED_BYTES: Final = 400 * 1024 * 1024
# Sheets are markup, which packs well; nothing that people make packs better than this.
MAX_PACKING: Final = 150
_UNPACKED_WITHOUT_QUESTION: Final = 5 * 1024 * 1024
MAX_PARTS: Final = 2_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 4_000
DELIMITERS: Final = ",;\t|"
_SAMPLE_LINES: Final = 30
_SAMPLE_BYTES: Final = 2_000
_PIECE: Final = 256 * 1024
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row with the number a spreadsheet shows for it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What was in the file: its header, its rows that are not empty, and remarks on the reading."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...] = ()


def read_table(content: bytes, *, filename: str, max_rows: int) -> Table:
    """The table in these bytes; as `read_table_file`, whose limit is `MAX_BYTES`."""
    return read_table_file(io.BytesIO(content), filename=filename, max_rows=max_rows)


def read_table_file(
    content: IO[bytes], *, filename: str, max_rows: int, max_bytes: int = MAX_BYTES
) -> Table:
    """The table of a CSV file (UTF-8, UTF-16 or Windows-1252; comma, semicolon, tab or bar) or of
    the first sheet of an XLSX workbook, by content and not by name.

    The first row that is not empty is the header. A workbook's formulas give the value they had
    when it was saved. A CSV file is read row by row: what is held is the rows that come back.
    Raises  DomainError on "file" for what is empty, too large, infected, no table, encrypted, packed beyond
            reason, or holds more than `max_rows` rows.
    """
    size = content.seek(0, io.SEEK_END)
    if not size:
        raise DomainError(f"“{filename}” is empty. Choose the file again.", "file")
    if size > max_bytes:
        raise DomainError(
            f"“{filename}” is larger than {max_bytes // 1024**2} MB. Split it, or save it as CSV.",
            "file",
        )
    antivirus.check(content, filename)
    content.seek(0)
    head = content.read(8)
    if head.startswith(b"PK\x03\x04"):
        return _table(_workbook_rows(content, filename, size), filename, max_rows, [])
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise DomainError(
            f"“{filename}” is an old or an encrypted workbook. Save it as XLSX without a password, "
            "or as CSV.",
            "file",
        )
    encoding, notes = _encoding_of(content, filename)
    content.seek(0)
    text = io.TextIOWrapper(content, encoding, newline="")
    try:
        return _table(_csv_rows(text, filename), filename, max_rows, notes)
    finally:
        text.detach()


def decoded(content: bytes, filename: str) -> tuple[str, list[str]]:
    """The text of a file somebody sends, and what was assumed to read it.

    Raises  DomainError on "file" for binary data and for what is infected.
    """
    antivirus.check(io.BytesIO(content), filename)
    encoding, notes = _encoding_of(io.BytesIO(content), filename)
    return content.decode(encoding).lstrip("\ufeff"), notes


def _encoding_of(content: IO[bytes], filename: str) -> tuple[str, list[str]]:
    """How the file's text is encoded, and what was assumed; read through once, piece by piece.

    Raises  DomainError on "file" for binary data.
    """
    content.seek(0)
    head = content.read(_SAMPLE_BYTES)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif head.count(b"\x00") > len(head) // 4:
        # No mark: letters of Latin scripts have their zero byte first or second.
        encoding = "utf-16-le" if head[1:2] == b"\x00" else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    if _is_text(content, encoding, filename):
        return encoding, []
    if _is_text(content, "cp1252", filename):
        note = "The file is not in UTF-8; it was read as Windows-1252. Check its accents."
        return "cp1252", [note]
    raise _binary(filename)


def _is_text(content: IO[bytes], encoding: str, filename: str) -> bool:
    """Whether all of it is in that encoding. Raises  DomainError when it holds control characters."""
    decoder = codecs.getincrementaldecoder(encoding)()
    content.seek(0)
    try:
        while piece := content.read(_PIECE):
            _check_signs(decoder.decode(piece), filename)
        _check_signs(decoder.decode(b"", final=True), filename)
    except UnicodeDecodeError:
        return False
    return True


def _check_signs(text: str, filename: str) -> None:
    if "\x00" in text or _CONTROL.search(text):
        raise _binary(filename)


def delimiter_of(text: str) -> str:
    """The sign between the cells: the one that cuts the first lines most often, and most evenly."""
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])

    def evenness(sign: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=sign) if row]
        except csv.Error:
            return (0, 0)
        if not widths or widths[0] < 2:
            return (0, 0)
        return (sum(1 for width in widths if width == widths[0]), widths[0])

    return max(DELIMITERS, key=evenness)


def _csv_rows(text: io.TextIOWrapper, filename: str) -> Iterable[tuple[int, Sequence[str]]]:
    sample = "".join(itertools.islice(text, _SAMPLE_LINES))
    text.seek(0)
    reader = csv.reader(text, delimiter=delimiter_of(sample.lstrip("\ufeff")), strict=False)
    try:
        for number, cells in enumerate(reader, start=1):
            if number == 1 and cells:
                cells[0] = cells[0].lstrip("\ufeff")
            yield number, cells
    except csv.Error as error:
        raise DomainError(
            f"“{filename}” cannot be read as CSV near line {reader.line_num}: {error}. Check the "
            "quotation marks there.",
            "file",
        ) from None


def _workbook_rows(
    content: IO[bytes], filename: str, size: int
) -> Iterable[tuple[int, Sequence[str]]]:
    _check_package(content, filename, size)
    content.seek(0)
    try:
        book = CalamineWorkbook.from_filelike(content)
        sheet = book.get_sheet_by_index(0)
        # Empty rows at the top would shift the numbers that people see beside the rows.
        first = (sheet.start or (0, 0))[0] + 1
        for number, cells in enumerate(sheet.iter_rows(), start=first):
            yield number, [_cell_text(cell) for cell in cells]
    except (CalamineError, ValueError, IndexError, OverflowError):
        raise DomainError(
            f"“{filename}” looks like a workbook but cannot be opened. Save it anew as XLSX, or "
            "as CSV.",
            "file",
        ) from None


def _check_package(content: IO[bytes], filename: str, size: int) -> None:
    """Nothing is opened before its size is known and true: a small file can unfold into gigabytes."""
    try:
        with zipfile.ZipFile(content) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise DomainError(
            f"“{filename}” is a damaged workbook. Save it anew, then upload it.", "file"
        ) from None
    unpacked = sum(part.file_size for part in parts)
    packing = unpacked / size
    if (
        len(parts) > MAX_PARTS
        or unpacked > MAX_UNPACKED_BYTES
        or (unpacked > _UNPACKED_WITHOUT_QUESTION and packing > MAX_PACKING)
    ):
        raise DomainError(
            f"“{filename}” unpacks to far more than a workbook of its size should. It was not "
            "opened. Save its first sheet as CSV.",
            "file",
        )
    if any(part.flag_bits & 1 for part in parts):
        raise DomainError(f"“{filename}” is encrypted. Save it without a password.", "file")
    _check_sizes_are_true(content, filename)
    if not any(part.filename.startswith("xl/") for part in parts):
        raise DomainError(
            f"“{filename}” is an archive, not a workbook. Upload the CSV or XLSX file in it.",
            "file",
        )


def _check_sizes_are_true(content: IO[bytes], filename: str) -> None:
    """Read each part once, up to the size it declares: one that holds more fails its check sum."""
    try:
        with zipfile.ZipFile(content) as package:
            broken = package.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        broken = filename
    if broken is not None:
        raise DomainError(
            f"“{filename}” is a damaged workbook. Save it anew, then upload it.", "file"
        )


def _cell_text(cell: Any) -> str:
    """A typed cell as text: 1.50 as 1.5, a date in ISO form, a duration as hours and minutes."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    if isinstance(cell, timedelta):
        seconds = cell.days * 86_400 + cell.seconds
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    # A spreadsheet's number is a binary float: its shortest text is what was typed.
    number = Decimal(repr(cell))
    return format(number.quantize(Decimal(1)) if number == number.to_integral() else number, "f")


def _table(
    rows: Iterable[tuple[int, Sequence[str]]], filename: str, max_rows: int, notes: list[str]
) -> Table:
    header: tuple[str, ...] | None = None
    found: list[TableRow] = []
    cut = 0
    for number, raw in rows:
        cells = tuple(cell.strip() for cell in raw)
        if not any(cells):
            continue
        if header is None:
            header = _header(cells, filename)
            continue
        if len(found) >= max_rows:
            raise DomainError(
                f"“{filename}” has more than {max_rows:,} rows. Split it into several files.",
                "file",
            )
        if any(len(cell) > MAX_CELL for cell in cells):
            raise DomainError(
                f"Row {number} of “{filename}” has a cell of more than {MAX_CELL:,} characters. A "
                "quotation mark may be missing there.",
                "file",
            )
        if len(cells) > len(header) and any(cells[len(header) :]):
            cut += 1
        kept = cells[: len(header)]
        found.append(TableRow(number, kept + ("",) * (len(header) - len(kept))))
    if header is None:
        raise DomainError(f"“{filename}” is empty. Choose the file again.", "file")
    if cut:
        notes.append(f"{cut} rows have more cells than the header; what is beyond it is not read.")
    return Table(header, tuple(found), tuple(notes))


def _header(cells: tuple[str, ...], filename: str) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise DomainError(f"“{filename}” has more than {MAX_COLUMNS} columns.", "file")
    if len(cells) < 2:
        raise DomainError(
            f"“{filename}” has one column only. A table needs a header row with at least two, cut "
            "by commas, semicolons or tabs.",
            "file",
        )
    return tuple(" ".join(cell.split())[:120] or f"Column {i}" for i, cell in enumerate(cells, 1))


def _binary(filename: str) -> DomainError:
    return DomainError(
        f"“{filename}” holds binary data and is no table. Upload a CSV or an XLSX file.", "file"
    )
