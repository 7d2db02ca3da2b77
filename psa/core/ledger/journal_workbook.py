"""The journal as an Excel workbook."""

import io
from datetime import datetime

from psa.core.ledger.rules.export_tables import JOURNAL_COLUMNS
from psa.core.ledger.rules.exports import ExportBook, account_names, written_entries

# A workbook carries the date it was made; a fixed one keeps a repeat identical.
_MADE_ON = datetime(2000, 1, 1)  # noqa: DTZ001


def workbook(book: ExportBook) -> bytes:
    """The journal's lines as a workbook: numbers as numbers, in the columns of the CSV file."""
    import xlsxwriter

    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    workbook.set_properties({"created": _MADE_ON})
    sheet = workbook.add_worksheet("Journals")
    sheet.write_row(0, 0, JOURNAL_COLUMNS)
    amount = workbook.add_format({"num_format": "#,##0.00"})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    names = account_names(book.accounts)
    row = 0
    for entry, _postings in written_entries(book):
        for line in entry.lines:
            row += 1
            sheet.write_string(row, 0, entry.entry_id)
            sheet.write_datetime(
                row, 1, datetime.combine(entry.posting_on, datetime.min.time()), day
            )
            texts = (
                entry.recorded_at.isoformat(), entry.source, entry.number, entry.description,
                entry.reverses, names[line.gl_account_id], line.project, book.currency,
            )  # fmt: skip
            for column, text in enumerate(texts, start=2):
                sheet.write_string(row, column, text)
            sheet.write_number(row, 10, max(line.amount, 0), amount)
            sheet.write_number(row, 11, max(-line.amount, 0), amount)
            sheet.write_string(row, 12, line.transaction_currency)
            sheet.write_number(row, 13, line.transaction_amount, amount)
    sheet.freeze_panes(1, 0)
    workbook.close()
    return out.getvalue()
