"""An invoice as the frozen data of its document, from its own rows and snapshot alone."""

from collections.abc import Mapping
from typing import Any

from moneyed import Money

from billing.invoice_pdf import DocumentLine, InvoiceDocument, Party, TaxLine
from billing.models import Invoice, InvoiceLine, InvoiceTax
from psa.core.documents.language import ENGLISH
from timeexpense.rules.bank_accounts import is_iban


def invoice_document(invoice: Invoice) -> InvoiceDocument:
    """Two queries, with the contract's line names one more; names and addresses as they stood."""
    frozen: dict[str, Any] = invoice.snapshot
    seller, buyer = frozen["seller"], frozen["buyer"]
    return InvoiceDocument(
        number=invoice.number,
        is_credit_note=invoice.kind == Invoice.Kind.CREDIT_NOTE,
        corrects=frozen.get("corrects", ""),
        reason=invoice.reason,
        seller=Party(seller["name"], seller["address"], seller["tax_id"]),
        seller_footer=tuple(part for part in (seller["registration"], seller["email"]) if part),
        buyer=Party(buyer["name"], buyer["address"], buyer["tax_id"]),
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        terms_days=frozen["payment_terms_days"],
        contract=f"{frozen['contract']['number']} {frozen['contract']['name']}",
        po_number=frozen["contract"]["po"],
        lines=tuple(_lines(invoice, frozen["names"])),
        taxes=tuple(
            TaxLine(
                name=row.name,
                tax_percent=row.tax_percent,
                net=Money(row.net_amount, invoice.currency),
                tax=Money(row.tax_amount, invoice.currency),
                entity_tax=Money(row.entity_tax_amount, invoice.entity_currency),
            )
            for row in InvoiceTax.objects.filter(invoice=invoice).order_by("id")
        ),
        tax_notes=tuple(frozen["tax_notes"]),
        net=Money(invoice.net_amount, invoice.currency),
        total=Money(invoice.total_amount, invoice.currency),
        entity_total=Money(invoice.entity_total_amount, invoice.entity_currency),
        entity_rate=invoice.entity_rate,
        entity_rate_on=invoice.entity_rate_on,
        bank=bank_facts(seller),
        language=frozen.get("language", ENGLISH),
    )


def bank_facts(seller: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Where to pay, as documents show it: an IBAN in groups of four."""
    number = seller["bank_iban"]
    bare = number.replace(" ", "")
    account = ("Account number", number)
    if is_iban(bare):
        account = ("IBAN", " ".join(bare[at : at + 4] for at in range(0, len(bare), 4)))
    rows = (("Bank", seller["bank_name"]), account, ("BIC", seller["bank_bic"]))
    return tuple(row for row in rows if row[1])


def _lines(invoice: Invoice, names: dict[str, dict[str, str]]) -> list[DocumentLine]:
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position").values(
        "project_id", "task_id", "resource_id", "role_id", "category_id", "transaction_class",
        "work_on", "description", "minutes", "quantity", "unit", "price", "net_amount",
        "contract_line__name",
    )  # fmt: skip

    def name(word: str, pk: int | None) -> str:
        return names.get(word, {}).get(str(pk), "") if pk is not None else ""

    return [
        DocumentLine(
            project=name("project", row["project_id"]),
            contract_line=row["contract_line__name"],
            role=name("role", row["role_id"]),
            person=name("resource", row["resource_id"]),
            task=name("task", row["task_id"]),
            category=name("category", row["category_id"]),
            transaction_class=row["transaction_class"],
            worked_on=row["work_on"],
            description=row["description"],
            minutes=row["minutes"],
            quantity=row["quantity"],
            unit=row["unit"],
            price=row["price"],
            net=Money(row["net_amount"], invoice.currency),
        )
        for row in rows
    ]
