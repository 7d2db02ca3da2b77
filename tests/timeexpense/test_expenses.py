"""Expenses with receipts: entered, handed in, approved, and what is refused."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from moneyed import Money
from PIL import Image

from psa.core.documents import selectors as documents
from psa.core.documents.models import Document
from psa.core.errors import DomainError, NotFound
from psa.core.ledger.models import Actual
from tests.core.documents import files
from tests.timeexpense.conftest import NOW, Scene
from timeexpense.models import ExpenseEntry
from timeexpense.rules.expense_validation import (
    ExpenseFact,
    ExpenseFacts,
    amounts_of,
    validate_expenses,
)
from timeexpense.rules.validation import ProjectFact
from timeexpense.selectors import expenses as selectors
from timeexpense.services import approvals, expenses
from timeexpense.services.expenses import ExpenseDraft, Upload


def picture(colour: str = "white") -> BytesIO:
    file = BytesIO()
    Image.new("RGB", (40, 60), colour).save(file, "PNG")
    file.seek(0)
    return file


def draft(scene: Scene, **changes: Any) -> ExpenseDraft:
    values: dict[str, Any] = {
        "category_id": scene.firm.categories["travel"].pk,
        "spent_on": date(2026, 7, 8),
        "currency": "EUR",
        "amount": "119.00",
        "tax_amount": "19.00",
        "project_id": scene.work.project.pk,
        "task_id": scene.work.build.pk,
        "merchant": "Deutsche Bahn",
        "description": "Train to Munich",
    }
    return ExpenseDraft(**(values | changes))


def add(scene: Scene, *uploads: Upload, **changes: Any) -> expenses.EntryResult:
    report = expenses.create_report(title="Munich", actor=scene.actor("ben"), at=NOW)
    return expenses.add_expense(
        report_id=report.pk,
        draft=draft(scene, **changes),
        receipts=uploads,
        actor=scene.actor("ben"),
        at=NOW,
    )


def test_posts_net_cost_recoverable_tax_and_unbilled_sales(scene: Scene) -> None:
    made = add(scene, Upload("ticket.png", picture()))
    assert made.findings == ()
    report_id = ExpenseEntry.objects.get().report_id
    expenses.submit_report(report_id=report_id, actor=scene.actor("ben"), at=NOW)
    done = approvals.approve_entries(
        entries=[("expense", made.entry_id)], actor=scene.actor("priya"), at=NOW
    )
    assert done.approved_count == 1
    cost, sales = Actual.objects.filter(source_kind="expense_entry").order_by("id")
    assert (cost.amount, cost.recoverable_tax, cost.currency) == (Decimal(100), Decimal(19), "EUR")
    assert cost.posting_event == "expense_own_paid"
    assert (sales.actual_type, sales.amount) == ("unbilled_sales", Decimal(100))


def test_flags_a_missing_receipt_and_a_duplicate(scene: Scene) -> None:
    first = add(scene)
    assert [f.code for f in first.findings] == ["receipt_missing"]
    second = add(scene)
    assert [f.code for f in second.findings] == ["receipt_missing", "duplicate_expense"]
    same_receipt = Upload("a.png", picture("red"))
    add(scene, same_receipt, merchant="A")
    again = add(scene, Upload("b.png", picture("red")), merchant="B")
    assert [f.code for f in again.findings] == ["duplicate_expense"]


def test_needs_no_receipt_up_to_the_limit_in_the_firms_currency(scene: Scene) -> None:
    # 25 GBP are 29.41 EUR at 0.85.
    assert add(scene, amount="29.41", tax_amount="").findings == ()
    assert [f.code for f in add(scene, amount="29.42", tax_amount="").findings] == [
        "receipt_missing"
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "9" * 40}, "amount"),
        ({"tax_amount": "119.00"}, "tax_amount"),
        ({"tax_amount": "-1"}, "tax_amount"),
        ({"currency": "XX"}, "currency"),
        ({"currency": "ZZZ"}, "currency"),
        ({"spent_on": date(2026, 7, 10)}, "spent_on"),
        ({"spent_on": date.min}, "spent_on"),
        ({"merchant": "x" * 1_000_000}, "merchant"),
        ({"description": "a\0b"}, "description"),
        ({"project_id": 10**9}, "project"),
        ({"category_id": 10**9}, "category"),
        ({"payment_method": "gift"}, "payment_method"),
    ],
)
def test_refuses_what_is_no_expense(scene: Scene, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        add(scene, **changes)
    assert refusal.value.field == field
    assert not ExpenseEntry.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("receipt.png", b"<html><script>alert(1)</script></html>"),
        ("receipt.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("receipt.pdf", b"MZ\x90\x00"),
    ],
)
def test_refuses_a_receipt_that_is_something_else(scene: Scene, name: str, content: bytes) -> None:
    with pytest.raises(DomainError) as refusal:
        add(scene, Upload(name, BytesIO(content)))
    assert refusal.value.field == "file"


def test_shows_receipts_to_the_person_and_the_approver_only(scene: Scene) -> None:
    made = add(scene, Upload("ticket.png", picture()))
    where = {"record_type": selectors.RECEIPT_OF, "record_id": made.entry_id}
    for name in ("ben", "priya", "fay"):
        assert len(documents.of_record(actor=scene.actor(name), **where)) == 1
    for name in ("bea", "mei", "ada"):
        with pytest.raises(NotFound):
            documents.of_record(actor=scene.actor(name), **where)


def test_keeps_others_from_changing_it(scene: Scene) -> None:
    made = add(scene)
    with pytest.raises(NotFound):
        expenses.change_expense(
            entry_id=made.entry_id, draft=draft(scene), actor=scene.actor("bea"), at=NOW
        )
    with pytest.raises(NotFound):
        expenses.delete_expense(entry_id=made.entry_id, actor=scene.actor("priya"), at=NOW)


def test_reads_amounts_by_their_currency() -> None:
    assert amounts_of("1,234.50", "", "EUR") == (Decimal("1234.5"), Decimal(0))
    assert amounts_of("1500", "136", "JPY") == (Decimal(1500), Decimal(136))
    with pytest.raises(DomainError):
        amounts_of("1500.5", "", "JPY")


def test_refuses_late_expenses_where_the_firm_does() -> None:
    fact = ExpenseFact(1, 1, None, 1, date(2026, 7, 8), Money(9, "GBP"), has_receipt=True)
    project = ProjectFact("P-1", True, date(2026, 1, 1), None, False, legal_entity_id=1)
    known: dict[str, Any] = {
        "projects": {1: project}, "team": {(1, 1): [(date(2026, 1, 1), None)]},
        "closed_days": frozenset({(1, date(2026, 7, 8))}),
    }  # fmt: skip
    for refuses, mode in ((False, "warn"), (True, "off")):
        [[found]] = validate_expenses(
            [fact], facts=ExpenseFacts(**known, refuses_late_work=refuses),
            switches={"closed_period": mode},
        )  # fmt: skip
        assert (found.code, found.blocks) == ("closed_period", refuses)
        assert ("no late expenses" in found.sentence) is refuses


def test_finds_the_second_of_two_alike_in_one_report() -> None:
    fact = ExpenseFact(1, 10, None, 3, date(2026, 7, 8), Money("12.00", "EUR"), "Cab", True)
    facts = ExpenseFacts(
        projects={10: ProjectFact("P-1", True, date(2026, 1, 1), None, False, 7)},
        team={(10, 1): [(date(2026, 1, 1), None)]},
    )
    found = validate_expenses([fact, fact], facts=facts, switches={})
    assert [[f.code for f in one] for one in found] == [[], ["duplicate_expense"]]


@pytest.mark.parametrize("name", files.polyglots())
def test_keeps_no_second_file_inside_a_receipt(scene: Scene, name: str) -> None:
    content = files.polyglots()[name]
    try:
        made = add(scene, Upload(name, BytesIO(content)))
    except DomainError as refusal:
        assert refusal.field == "file"
        return
    kept = Document.objects.get(record_type=selectors.RECEIPT_OF, record_id=made.entry_id)
    with documents.open_content(kept) as opened:
        told = opened.read()
    # A PDF is kept as it is and only ever handed out as an attachment; a picture is drawn anew.
    assert kept.content_type == "application/pdf" or files.MARK not in told
