"""The timesheets and receipts behind an invoice, as the frozen data of its backup report."""

from collections import defaultdict
from typing import Any

from moneyed import Money

from billing.invoice_backup import BackupReport, Receipt, SpentRow, WorkedRow
from billing.models import Invoice, InvoiceLine
from billing.selectors.invoice_sources import sources_of
from psa.core.documents import selectors as documents
from psa.core.documents.language import ENGLISH
from psa.core.documents.models import Document
from psa.core.ledger.rules.types import TransactionClass

EXPENSE_ENTRY = "expense_entry"
RECEIPT_OF = "timeexpense.ExpenseEntry"
# What a page can show as it is; other receipts go beside the report.
PICTURES = frozenset({"image/png", "image/jpeg"})


def backup_report(invoice: Invoice) -> BackupReport:
    """A fixed number of queries, and one read of storage for each picture."""
    frozen: dict[str, Any] = invoice.snapshot
    rows = [
        row
        for row in InvoiceLine.objects.filter(invoice=invoice, actual__isnull=False).order_by(
            "work_on", "position"
        )
        if row.transaction_class != TransactionClass.FEE
    ]
    receipts = _receipts([row for row in rows if row.transaction_class != TransactionClass.TIME])

    def name(word: str, pk: int | None) -> str:
        return str(frozen["names"].get(word, {}).get(str(pk), "")) if pk is not None else ""

    return BackupReport(
        invoice_number=invoice.number,
        seller=frozen["seller"]["name"],
        seller_address=frozen["seller"]["address"],
        buyer=frozen["buyer"]["name"],
        contract=f"{frozen['contract']['number']} {frozen['contract']['name']}",
        language=frozen.get("language", ENGLISH),
        worked=tuple(
            WorkedRow(
                project=name("project", row.project_id),
                task=name("task", row.task_id),
                person=name("resource", row.resource_id),
                worked_on=row.work_on,
                description=row.description,
                minutes=row.minutes or 0,
            )
            for row in rows
            if row.transaction_class == TransactionClass.TIME
        ),
        spent=tuple(
            SpentRow(
                project=name("project", row.project_id),
                person=name("resource", row.resource_id),
                category=name("category", row.category_id),
                spent_on=row.work_on,
                description=row.description,
                amount=Money(row.net_amount, invoice.currency),
                receipts=tuple(
                    Receipt(document.filename, _picture(document))
                    for document in receipts.get(row.actual_id or 0, ())
                ),
            )
            for row in rows
            if row.transaction_class != TransactionClass.TIME
        ),
    )


def receipt_files(invoice: Invoice) -> list[Document]:
    """The receipts that go beside the report, because no page can show them."""
    rows = list(
        InvoiceLine.objects.filter(invoice=invoice, actual__isnull=False).exclude(
            transaction_class__in=(TransactionClass.TIME, TransactionClass.FEE)
        )
    )
    return [
        document
        for documents_of_row in _receipts(rows).values()
        for document in documents_of_row
        if document.content_type not in PICTURES
    ]


def client_documents(invoice: Invoice) -> list[Document]:
    """What the reviewer put on the proposal for the customer, the newest version of each file."""
    if invoice.proposal_id is None:
        return []
    rows = Document.objects.filter(
        record_type="billing.Proposal", record_id=invoice.proposal_id
    ).order_by("id")
    newest = {row.filename: row for row in rows}
    return [row for row in newest.values() if row.is_client_visible]


def _receipts(rows: list[InvoiceLine]) -> dict[int, list[Document]]:
    """Actual → the newest versions of its expense's receipts, in the order they were added."""
    sources = sources_of(row.actual_id for row in rows if row.actual_id is not None)
    entries = {
        source_id: actual_id
        for actual_id, (kind, source_id) in sources.items()
        if kind == EXPENSE_ENTRY
    }
    newest: dict[tuple[int, str], Document] = {}
    for document in Document.objects.filter(
        record_type=RECEIPT_OF, record_id__in=list(entries)
    ).order_by("record_id", "id"):
        newest[document.record_id, document.filename] = document
    found: dict[int, list[Document]] = defaultdict(list)
    for (entry_id, _), document in newest.items():
        found[entries[entry_id]].append(document)
    return dict(found)


def _picture(document: Document) -> bytes | None:
    if document.content_type not in PICTURES:
        return None
    with documents.open_content(document) as content:
        return content.read()
