"""The invoice's document at each level of detail."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from moneyed import Money
from pypdf import PdfReader

from billing.invoice_pdf import (
    Detail,
    DocumentLine,
    InvoiceDocument,
    Party,
    TaxLine,
    plain,
    price_of,
    render,
    rows_of,
)
from billing.selectors.invoice_documents import bank_facts


def line(person: str, minutes: int | None, price: str, net: str, **values: object) -> DocumentLine:
    given: dict[str, object] = {
        "project": "ERP core rollout", "contract_line": "Build", "role": "Consultant",
        "person": person, "task": "Integration", "category": "", "transaction_class": "time",
        "worked_on": date(2026, 6, 15), "description": "Interfaces", "minutes": minutes,
        "quantity": None, "unit": "hour", "price": Decimal(price), "net": Money(net, "EUR"),
    }  # fmt: skip
    return DocumentLine(**(given | values))  # type: ignore[arg-type]


LINES = (
    line("Ben", 480, "125", "1000.00"),
    line("Ben", 240, "125", "500.00"),
    line("Bea", 60, "100", "100.00"),
    line(
        "Bea", None, "87.50", "87.50", transaction_class="expense", category="Travel",
        quantity=Decimal(1), unit="unit",
    ),
    line("", None, "-50", "-50.00", transaction_class="fee", quantity=Decimal(1),
         description="Discount"),
)  # fmt: skip
DOCUMENT = InvoiceDocument(
    number="UK-2026-00001", is_credit_note=False, corrects="", reason="",
    seller=Party("Acme Ltd", "1 High Street\nLondon", "GB123"), seller_footer=("No. 1234",),
    buyer=Party("Kessler <b>GmbH</b>", "Werkstraße 1", "DE999"), issued_on=date(2026, 7, 1),
    due_on=date(2026, 7, 31), terms_days=30, contract="C-1 ERP core rollout", po_number="4500218",
    lines=LINES,
    taxes=(TaxLine("VAT", Decimal(20), Money("1637.50", "EUR"), Money("327.50", "EUR"),
                   Money("278.38", "GBP")),),
    tax_notes=(), net=Money("1637.50", "EUR"), total=Money("1965.00", "EUR"),
    entity_total=Money("1670.25", "GBP"), entity_rate=Decimal("0.85"),
    entity_rate_on=date(2026, 7, 1), bank=(("IBAN", "GB00"),),
)  # fmt: skip


def shown(detail: Detail) -> list[tuple[str, str, str, Decimal]]:
    return [(r.what, r.quantity, r.price, r.amount.amount) for r in rows_of(LINES, detail)]


def test_a_summary_has_a_row_per_contract_line_and_kind() -> None:
    assert shown(Detail.SUMMARY) == [
        ("Build, services", "13:00 h", "", Decimal("1600.00")),
        ("Build, expenses", "1", "87.50", Decimal("87.50")),
        ("Discount", "1", "-50.00", Decimal("-50.00")),
    ]


def test_by_role_shows_a_price_where_one_price_holds() -> None:
    assert shown(Detail.BY_ROLE)[:3] == [
        ("Consultant", "12:00 h", "125.00/hour", Decimal("1500.00")),
        ("Consultant", "1:00 h", "100.00/hour", Decimal("100.00")),
        ("Travel", "1", "87.50", Decimal("87.50")),
    ]


def test_by_person_names_people() -> None:
    assert [row[0] for row in shown(Detail.BY_PERSON)][:2] == ["Ben, Consultant", "Bea, Consultant"]


def test_by_task_names_tasks() -> None:
    assert [row[0] for row in shown(Detail.BY_TASK)][:2] == ["Integration", "Integration"]


def test_a_foreign_invoice_states_its_tax_in_the_sellers_currency() -> None:
    text = " ".join(
        page.extract_text() for page in PdfReader(BytesIO(render(DOCUMENT, Detail.SUMMARY))).pages
    )
    for said in ("Tax in GBP", "£278.38", "£1,670.25", "1 EUR = 0.85 GBP, the rate of 1 Jul 2026"):
        assert said in text


@pytest.mark.parametrize("detail", list(Detail))
def test_each_level_sums_to_the_net(detail: Detail) -> None:
    assert sum((row.amount.amount for row in rows_of(LINES, detail)), Decimal(0)) == Decimal(
        "1637.50"
    )


@pytest.mark.parametrize("detail", list(Detail))
def test_the_same_document_gives_the_same_bytes(detail: Detail) -> None:
    assert render(DOCUMENT, detail) == render(DOCUMENT, detail)
    assert render(DOCUMENT, detail).startswith(b"%PDF")


def test_says_when_it_was_supplied_and_how_to_pay() -> None:
    lines = (*LINES, line("Ben", 60, "125", "125.00", worked_on=date(2026, 6, 30)))
    document = replace(DOCUMENT, lines=lines, net=Money("1762.50", "EUR"))
    text = " ".join(
        page.extract_text() for page in PdfReader(BytesIO(render(document, Detail.FULL))).pages
    )
    assert "15 Jun 2026 to 30 Jun 2026" in text
    assert text.count("UK-2026-00001") == 2  # its title, and the reference to pay under


def test_work_comes_before_expenses_and_fees_whatever_the_order() -> None:
    whats = [row.what for row in rows_of(tuple(reversed(LINES)), Detail.BY_ROLE)]
    assert whats == ["Consultant", "Consultant", "Travel", "Discount"]


def test_an_iban_is_shown_in_groups_and_another_account_as_it_is() -> None:
    seller = {"bank_name": "Isar", "bank_iban": "DE89370400440532013000", "bank_bic": ""}
    assert bank_facts(seller) == (("Bank", "Isar"), ("IBAN", "DE89 3704 0044 0532 0130 00"))
    assert bank_facts({**seller, "bank_iban": "50200012345678"})[1] == (
        "Account number", "50200012345678",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"), [("240", "240.00"), ("87.5", "87.50"), ("1234.5678", "1,234.5678")]
)
def test_a_price_has_two_decimals_at_least(value: str, text: str) -> None:
    assert price_of(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("125", "125"), ("87.5", "87.50"), ("1234.5678", "1,234.5678"), ("0", "0")]
)
def test_quantities_are_whole_or_have_two_decimals_or_as_many_as_they_need(
    value: str, text: str
) -> None:
    assert plain(Decimal(value)) == text


def test_a_retainer_beside_a_project_stands_under_its_contract_line() -> None:
    retainer = line(
        "", None, "5000", "5000.00", transaction_class="fee", project="", quantity=Decimal(1),
        contract_line="Support retainer", description="Support, July 2026",
    )  # fmt: skip
    text = _text(replace(DOCUMENT, lines=(*LINES, retainer)))
    assert "Support retainer\n" in text
    assert "Other" not in text
    assert "Net, Support retainer" in text


def test_by_kind_of_work_names_the_role_where_no_kind_was_entered() -> None:
    rows = [row.what for row in rows_of(LINES[:3], Detail.BY_CATEGORY)]
    assert rows == ["Consultant", "Consultant"]


def _text(document: InvoiceDocument) -> str:
    reader = PdfReader(BytesIO(render(document, Detail.BY_CATEGORY)))
    return "\n".join(page.extract_text() for page in reader.pages)
