"""Expenses from a file: drafts on a report of each person, under the rules, once; and taken back."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from psa.core.errors import PermissionDenied
from psa.edges.integrations.imports.models import ImportRun
from psa.edges.integrations.imports.rules.reconciliation import from_data
from tests.edges.integrations.imports.conftest import Carry, sentences, states
from tests.factories import AT, Firm
from timeexpense.models import ExpenseEntry, ExpenseReport
from timeexpense.services import expenses, expenses_of_others

HEAD = "Person,Project,Category,Date,Amount,VAT,Currency,Vendor,Notes,Paid by\n"
TRAIN = 'Ben,P-1,travel,08/07/2026,"119,00","19,00",EUR,Deutsche Bahn,Train,own\n'
FILE = (
    f"{HEAD}{TRAIN}{TRAIN}"
    'ben@acme.example,P-1,travel,07/07/2026,"12,50",,EUR,Taxi,,card\n'
    'Bea,P-1,travel,07/07/2026,"1.012,50",,EUR,Airline,Flight,own\n'
)
READ = {"date_order": "day_first", "decimal": "comma"}


def test_enters_drafts_on_one_report_a_person_and_equal_lines_as_often_as_they_stand(
    firm: Firm, carry: Carry, check: Carry
) -> None:
    run = carry("expenses", FILE, **READ)
    assert states(run) == ["imported"] * 4
    reports = ExpenseReport.objects.order_by("number")
    assert [(r.resource.name, r.entries.count(), r.title) for r in reports] == [
        (firm.resources["ben"].name, 3, "Imported expenses"),
        (firm.resources["bea"].name, 1, "Imported expenses"),
    ]
    assert set(ExpenseEntry.objects.values_list("state", flat=True)) == {"draft"}
    flight = ExpenseEntry.objects.get(merchant="Airline")
    assert (flight.amount, flight.tax_amount, flight.payment_method) == (
        Decimal("1012.5"), 0, "own",
    )  # fmt: skip
    assert from_data(run.totals_before) == from_data(run.totals_after)
    assert states(check("expenses", FILE, **READ)) == ["known"] * 4
    assert states(check("expenses", FILE + TRAIN, **READ)) == [*["known"] * 4, "ready"]


def test_names_what_is_wrong_with_a_row(firm: Firm, check: Carry) -> None:
    rows = (
        "Zed,P-1,travel,2026-07-08,1,,EUR,,,", "Ben,P-1,Moon,2026-07-08,1,,EUR,,,",
        "Ben,P-1,travel,2026-07-08,1,2,EUR,,,", "Ben,P-1,travel,2026-07-08,1,,EUR,,,cheque",
        "Ben,P-1,travel,2027-07-08,1,,EUR,,,", "Ben,P-1,travel,2026-07-08,1,,XXQ,,,",
        "Ben,P-1,travel,2026-07-08,-3,,EUR,,,",
    )  # fmt: skip
    run = check("expenses", HEAD + "\n".join(rows) + "\n")
    said = sentences(run)
    assert states(run) == ["bad"] * 7
    assert "no person “Zed”" in said[0]
    assert "no category “Moon”" in said[1]
    assert "The tax is part of the amount" in said[2]
    assert "“cheque” is neither own nor card" in said[3]
    assert "lies in the future" in said[4]
    assert not ExpenseReport.objects.exists()


def test_takes_back_drafts_that_nobody_touched_and_reports_left_empty(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    run = carry("expenses", FILE, **READ)
    bea = ExpenseReport.objects.get(resource=firm.resources["bea"])
    expenses.submit_report(report_id=bea.pk, actor=firm.actors["bea"], at=AT)
    state = ExpenseEntry.objects.get(report=bea).state
    undone = undo(run)
    assert states(undone)[:3] == ["undone"] * 3
    if state == "submitted":
        assert states(undone)[3] == "kept"
        assert "is submitted by now; it stays" in sentences(undone)[3]
    assert not ExpenseReport.objects.filter(resource=firm.resources["ben"]).exists()


def test_is_for_who_enters_for_others(firm: Firm) -> None:
    for act in (
        lambda: expenses_of_others.enter_expenses(
            drafts=[], title="T", actor=firm.actors["ben"], at=AT
        ),
        lambda: expenses_of_others.withdraw_expenses(
            entry_ids=[], actor=firm.actors["priya"], at=AT
        ),
    ):
        with pytest.raises(PermissionDenied):
            act()
