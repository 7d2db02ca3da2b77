"""Credit notes at the invoice's own rates, line by line."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Invoice, InvoiceBalance
from billing.rules.types import Remainder
from billing.services import credits
from billing.services.credits import CreditLine
from psa.core.errors import DomainError, PermissionDenied
from psa.core.money.models import FxRate
from sales.models import ContractLine
from sales.services.accrual_limits import limit_room
from tests.billing.scenario import (
    AT,
    Case,
    confirm,
    journal_of,
    post_days,
    propose,
    sums,
)

pytestmark = pytest.mark.django_db
ON = date(2026, 7, 9)


def invoice_of(case: Case, days: int = 3, **values: object) -> Invoice:
    post_days(case, days, **values)
    [draft] = propose(case)
    return confirm(case, draft)


def credit(case: Case, invoice: Invoice, lines: list[CreditLine]) -> Invoice:
    return credits.credit_invoice(
        invoice_id=invoice.pk, lines=lines, reason="wrong rate", credited_on=ON, at=AT,
        actor=case.bill,
    )  # fmt: skip


def credit_all(case: Case, invoice: Invoice, remainder: Remainder) -> Invoice:
    return credits.full_credit(
        invoice_id=invoice.pk, remainder=remainder, reason="wrong customer", credited_on=ON,
        at=AT, actor=case.bill,
    )  # fmt: skip


def test_a_full_credit_mirrors_the_invoice(case: Case) -> None:
    invoice = invoice_of(case)
    note = credit_all(case, invoice, Remainder.WRITE_OFF)
    assert (note.net_amount, note.tax_amount, note.total_amount) == (-3000, -600, -3600)
    assert journal_of(note.journal_entry_id) == [
        (code, -amount) for code, amount in journal_of(invoice.journal_entry_id)
    ]
    assert sums(case) == {"unbilled_sales": Decimal(0), "billed_sales": Decimal(0)}
    assert InvoiceBalance.objects.get(invoice=invoice).open_amount == 0


def test_a_credit_to_be_re_billed_is_proposed_again(case: Case) -> None:
    invoice = invoice_of(case)
    credit_all(case, invoice, Remainder.BACKLOG)
    assert sums(case) == {"unbilled_sales": Decimal(3000), "billed_sales": Decimal(0)}
    [again] = propose(case, run_key="run 2")
    assert confirm(case, again, on=ON).net_amount == 3000


def test_a_second_credit_starts_from_what_stayed(case: Case) -> None:
    invoice = invoice_of(case, 1)
    line_id = invoice.lines.get().pk
    first = credit(case, invoice, [CreditLine(line_id, Decimal(900))])
    assert first.net_amount == -100
    second = credit(case, invoice, [CreditLine(line_id, Decimal(0))])
    assert second.net_amount == -900
    assert sums(case)["billed_sales"] == 0
    with pytest.raises(credits.NothingToCredit):
        credit(case, invoice, [CreditLine(line_id)])


def test_the_last_credit_takes_exactly_the_tax_that_is_left(case: Case) -> None:
    # 3 × 0.03 at 20 %: tax 0.02 (0.018). A third each would be 0.01 three times.
    invoice = invoice_of(case, 3, minutes=1, price=Decimal("1.80"))
    assert invoice.tax_amount == Decimal("0.02")
    notes = [
        credit(case, invoice, [CreditLine(pk)]) for pk in invoice.lines.values_list("id", flat=True)
    ]
    assert sum(note.tax_amount for note in notes) == Decimal("-0.02")
    assert InvoiceBalance.objects.get(invoice=invoice).open_amount == 0


def test_refuses_more_than_was_billed_and_no_reason(case: Case) -> None:
    invoice = invoice_of(case, 1)
    line_id = invoice.lines.get().pk
    with pytest.raises(DomainError, match="less than was billed"):
        credit(case, invoice, [CreditLine(line_id, Decimal(1001))])
    with pytest.raises(DomainError, match="why"):
        credits.credit_invoice(
            invoice_id=invoice.pk, lines=[CreditLine(line_id)], reason=" ", credited_on=ON,
            at=AT, actor=case.bill,
        )  # fmt: skip


def test_refuses_to_credit_a_credit_note_and_who_may_not(case: Case) -> None:
    invoice = invoice_of(case)
    note = credit_all(case, invoice, Remainder.WRITE_OFF)
    with pytest.raises(DomainError, match="is a credit note"):
        credit(case, note, [CreditLine(note.lines.first().pk)])
    with pytest.raises(PermissionDenied):
        credits.full_credit(
            invoice_id=invoice.pk, remainder=Remainder.WRITE_OFF, reason="r", credited_on=ON,
            at=AT, actor=case.firm.actors["priya"],
        )  # fmt: skip


def room_left(case: Case) -> Decimal:
    [limit] = limit_room([case.work.contract.pk])[case.work.contract.pk]
    return (limit.limit - limit.used).amount


def test_what_a_credit_writes_off_keeps_its_room_under_a_limit(case: Case) -> None:
    """Limit 5,000; 3,000 invoiced; 1,000 stays, 2,000 written off: 2,000 are left, not 4,000."""
    ContractLine.objects.filter(pk=case.work.time_line.pk).update(not_to_exceed_amount=5000)
    invoice = invoice_of(case)
    first, *rest = invoice.lines.order_by("position")
    credit(case, invoice, [CreditLine(line.pk) for line in rest])
    assert room_left(case) == 2000
    # What is billed again has the room that it had.
    credit(case, invoice, [CreditLine(first.pk, remainder=Remainder.BACKLOG)])
    assert room_left(case) == 2000


def test_a_written_off_credit_gives_its_room_back_when_that_is_chosen(case: Case) -> None:
    ContractLine.objects.filter(pk=case.work.time_line.pk).update(not_to_exceed_amount=5000)
    invoice = invoice_of(case)
    credits.full_credit(
        invoice_id=invoice.pk, remainder=Remainder.WRITE_OFF, reason="goodwill", credited_on=ON,
        at=AT, actor=case.bill, gives_room=True,
    )  # fmt: skip
    assert room_left(case) == 5000


def test_credits_in_parts_leave_no_cent_of_the_booked_receivable(case: Case) -> None:
    """EUR 100.00 + 20.00 tax at 0.3333 is booked at 40.00; halves alone would take 20.00 + 20.00,
    thirds 13.33 + 13.33 + 13.34."""
    FxRate.objects.filter(to_currency="GBP").update(rate=Decimal("0.3333"))
    invoice = invoice_of(case, 3, minutes=60, price=Decimal("33.33"))
    balance = InvoiceBalance.objects.get(invoice=invoice)
    assert balance.open_entity_amount == invoice.entity_total_amount
    for line in invoice.lines.order_by("position"):
        credit(case, invoice, [CreditLine(line.pk)])
    balance.refresh_from_db()
    assert (balance.open_amount, balance.open_entity_amount) == (0, 0)
    notes = Invoice.objects.filter(corrects=invoice)
    assert sum(note.entity_tax_amount for note in notes) == -invoice.entity_tax_amount
