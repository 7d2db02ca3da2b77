"""Write-off, retention and reminders of open invoices; the reconciliations stay at 0.00."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import (
    DunningLevel,
    DunningNotice,
    Invoice,
    InvoiceBalance,
    InvoiceDelivery,
    ReceivableMove,
)
from billing.selectors.invoices import with_state
from billing.services import dunning, payments, receivable_moves
from billing.services.dunning import LevelInput, NotToBeDunned
from billing.services.receivable_moves import OverWriteOffLimit, RequestKeyUsed
from psa.core.access.models import Role
from psa.core.access.permissions import PricingPermission
from psa.core.errors import DomainError, PermissionDenied
from psa.core.money.models import FxRate
from psa.core.org.models import TenantParameters
from revenue.services.proofs import run_proofs
from tests.billing.scenario import AT, Case, confirm, journal_of, post_days, propose
from tests.edges.api.callers import Caller, token_of
from tests.shown import shown

pytestmark = pytest.mark.django_db
ON = date(2026, 7, 9)
LATE = date(2026, 9, 10)


def invoice_of(case: Case, days: int = 3) -> Invoice:
    """EUR 3,600.00 with tax, booked at 0.85: GBP 3,060.00."""
    post_days(case, days)
    [draft] = propose(case)
    return confirm(case, draft)


def allow(amount: int) -> None:
    TenantParameters.objects.update(write_off_limit_amount=amount)


def write_off(case: Case, invoice: Invoice, amount: str, key: str = "w") -> ReceivableMove:
    return receivable_moves.write_off(
        invoice_id=invoice.pk, amount=Decimal(amount), reason="bank charges", moved_on=ON,
        request_key=key, actor=case.fay, at=AT,
    )  # fmt: skip


def open_of(invoice: Invoice) -> tuple[Decimal, Decimal]:
    balance = InvoiceBalance.objects.get(invoice=invoice)
    return balance.open_amount, balance.open_entity_amount


def assert_proven(case: Case, as_of: date = date(2026, 7, 31)) -> None:
    proofs = run_proofs(
        legal_entity_id=case.work.contract.legal_entity_id, as_of=as_of, actor=case.fay, at=AT
    )
    broken = [(p.name, p.left, p.right) for p in proofs if not p.holds and p.name != "unjournalled"]
    assert broken == []


def test_writes_off_within_the_limit_and_again_changes_nothing(case: Case) -> None:
    allow(50)
    invoice = invoice_of(case)
    made = write_off(case, invoice, "40.00")
    assert write_off(case, invoice, "40.00").pk == made.pk
    assert journal_of(made.journal_entry_id) == [("6000", Decimal(34)), ("1100", Decimal(-34))]
    assert open_of(invoice) == (3560, 3026)
    assert_proven(case)


def test_refuses_a_write_off_over_the_limit_in_sum(case: Case) -> None:
    allow(50)
    invoice = invoice_of(case)
    write_off(case, invoice, "40.00")
    with pytest.raises(OverWriteOffLimit, match=r"At most £?.*50"):
        write_off(case, invoice, "40.00", key="again")
    with pytest.raises(DomainError, match="is open"):
        write_off(case, invoice, "4000", key="more")
    with pytest.raises(PermissionDenied):
        receivable_moves.write_off(
            invoice_id=invoice.pk, amount=Decimal(1), reason="x", moved_on=ON, request_key="p",
            actor=case.firm.actors["priya"], at=AT,
        )  # fmt: skip


def test_a_contract_withholds_its_retention_of_each_invoice_and_releases_it(case: Case) -> None:
    receivable_moves.set_billing_terms(
        contract_id=case.work.contract.pk, retention_percent=Decimal(5), is_dunning_stopped=False,
        actor=case.bill, at=AT,
    )  # fmt: skip
    invoice = invoice_of(case)
    withheld = ReceivableMove.objects.get(invoice=invoice)
    assert (withheld.amount, withheld.booked_entity_amount) == (180, 153)
    assert journal_of(withheld.journal_entry_id) == [
        ("1110", Decimal(153)), ("1100", Decimal(-153)),
    ]  # fmt: skip
    assert open_of(invoice) == (3420, 2907)
    assert_proven(case)
    with pytest.raises(DomainError, match="is held back"):
        release(case, invoice, "180.01")
    release(case, invoice, "80.00")
    assert open_of(invoice) == (3500, 2975)
    release(case, invoice, "100.00", key="rest")
    assert open_of(invoice) == (3600, 3060)
    assert receivable_moves.retained(invoice) == (0, 0)
    assert_proven(case)


def release(case: Case, invoice: Invoice, amount: str, key: str = "r") -> ReceivableMove:
    return receivable_moves.release_retention(
        invoice_id=invoice.pk, amount=Decimal(amount), moved_on=ON, request_key=key,
        actor=case.fay, at=AT,
    )  # fmt: skip


def test_a_movement_is_reversed_once(case: Case) -> None:
    allow(50)
    invoice = invoice_of(case)
    made = write_off(case, invoice, "40.00")
    receivable_moves.reverse_move(move_id=made.pk, moved_on=ON, actor=case.fay, at=AT)
    assert open_of(invoice) == (3600, 3060)
    with pytest.raises(receivable_moves.MoveReversed):
        receivable_moves.reverse_move(move_id=made.pk, moved_on=ON, actor=case.fay, at=AT)
    assert_proven(case)


def remind(case: Case, invoice: Invoice, on: date = LATE) -> DunningNotice:
    return dunning.raise_dunning(invoice_id=invoice.pk, today_on=on, actor=case.fay, at=AT)


def test_a_reminder_charges_its_fee_and_mails_its_text(case: Case) -> None:
    FxRate.objects.create(
        tenant_id=case.fay.tenant_id, from_currency="EUR", to_currency="GBP", on=LATE,
        rate=Decimal("0.8"),
    )  # fmt: skip
    dunning.set_levels(
        levels=[LevelInput(7, "Please pay.", Decimal(20)), LevelInput(90, "Now.", Decimal(0))],
        actor=case.firm.actors["ada"], at=AT,
    )  # fmt: skip
    invoice = invoice_of(case)
    notice = remind(case, invoice)
    assert (notice.level, notice.days_overdue) == (1, 41)
    assert notice.fee is not None
    assert journal_of(notice.fee.journal_entry_id) == [
        ("4100", Decimal(-20)), ("1100", Decimal(20)),
    ]  # fmt: skip
    assert open_of(invoice) == (3625, 3080)
    assert InvoiceDelivery.objects.get(invoice=invoice).message == "Please pay."
    assert_proven(case, date(2026, 9, 30))
    with pytest.raises(NotToBeDunned, match="next one is not reached"):
        remind(case, invoice, LATE + timedelta(days=1))


def test_reminds_once_a_day(case: Case) -> None:
    """Many days overdue and never reminded: a second click doesn't reach the second level."""
    invoice = invoice_of(case)
    dunning.set_levels(
        levels=[LevelInput(7, "Please pay.", Decimal(0)), LevelInput(21, "Again.", Decimal(0))],
        actor=case.firm.actors["ada"], at=AT,
    )  # fmt: skip
    remind(case, invoice)
    with pytest.raises(NotToBeDunned, match="already"):
        remind(case, invoice)
    assert remind(case, invoice, LATE + timedelta(days=1)).level == 2


def test_a_key_moves_one_invoice(case: Case) -> None:
    allow(50)
    invoice = invoice_of(case)
    write_off(case, invoice, "10.00")
    with pytest.raises(RequestKeyUsed):
        write_off(case, invoice, "11.00")
    other = invoice_of(case)
    with pytest.raises(RequestKeyUsed):
        write_off(case, other, "10.00")


def test_what_is_written_off_whole_is_not_credited(case: Case) -> None:
    allow(5000)
    invoice = invoice_of(case)
    write_off(case, invoice, "3600.00")
    [row] = with_state(Invoice.objects.filter(pk=invoice.pk), today=ON)
    assert row.state == "written_off"


def test_reminds_of_nothing_that_is_stopped_paid_or_not_due(case: Case) -> None:
    invoice = invoice_of(case)
    with pytest.raises(NotToBeDunned, match="not overdue"):
        remind(case, invoice, ON)
    receivable_moves.set_billing_terms(
        contract_id=case.work.contract.pk, retention_percent=Decimal(0), is_dunning_stopped=True,
        actor=case.bill, at=AT,
    )  # fmt: skip
    with pytest.raises(NotToBeDunned, match="are stopped"):
        remind(case, invoice)
    assert not DunningLevel.objects.exists()


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["off", "hold", "free", "pay"]), st.integers(1, 90_000)),
        max_size=5,
    )
)
def test_whatever_moves_it_the_books_agree(case: Case, steps: list[tuple[str, int]]) -> None:
    allow(10_000)
    invoice = Invoice.objects.first() or invoice_of(case)
    for step, cents in steps:
        amount = Decimal(cents) / 100
        key = f"{step} {ReceivableMove.objects.count()} {cents} {open_of(invoice)}"[:80]
        common = {"invoice_id": invoice.pk, "amount": amount, "moved_on": ON, "request_key": key}
        try:
            if step == "off":
                receivable_moves.write_off(**common, reason="x", actor=case.fay, at=AT)
            elif step == "hold":
                receivable_moves.withhold_retention(**common, actor=case.bill, at=AT)
            elif step == "free":
                receivable_moves.release_retention(**common, actor=case.fay, at=AT)
            else:
                payments.record_payment(
                    request_key=key, account_id=invoice.account_id,
                    legal_entity_id=invoice.legal_entity_id, received_on=ON, amount=amount,
                    currency="EUR", actor=case.fay, at=AT,
                )  # fmt: skip
        except DomainError:
            continue
    assert_proven(case)


def test_its_pages(case: Case) -> None:
    allow(50)
    invoice = invoice_of(case)
    client, url = case.firm.client("fay"), case.firm.url
    part = client.get(url(f"billing/invoices/{invoice.pk}/moves/"))
    assert b"Write off" in part.content
    answer = client.post(
        url(f"billing/invoices/{invoice.pk}/write-off/"),
        {"amount": "40", "moved_on": "2026-07-09", "reason": "charges", "request_key": "k"},
    )
    assert answer.status_code == 302
    move = ReceivableMove.objects.get()
    assert (
        client.get(url(f"billing/invoices/{invoice.pk}/moves/{move.pk}/reverse/")).status_code
        == 200
    )
    assert client.get(url("billing/reminders/")).status_code == 200
    contract = case.work.contract
    assert client.get(url(f"billing/contracts/{contract.pk}/terms/part/")).status_code == 200
    assert client.get(url(f"billing/contracts/{contract.pk}/terms/")).status_code == 200
    ada = case.firm.client("ada")
    assert b"Level 1" in ada.get(url("billing/reminders/levels/")).content


def test_moves_by_the_api(case: Case) -> None:
    allow(50)
    invoice = invoice_of(case)
    caller = Caller(token_of(case.firm, "fay"))
    path = f"/invoices/{invoice.pk}/write-off"
    body = {"amount": "40.00", "moved_on": "2026-07-09", "reason": "charges"}
    headers = {"if_match": caller.etag(f"/invoices/{invoice.pk}/moves")}
    answer = caller.post(path, body, **headers)
    assert Decimal(str(answer["open_amount"])) == 3560
    assert caller.get("/retainers")["items"][0]["name"] == "Support"


def test_amounts_are_for_who_sees_the_rates_of_the_contract(case: Case) -> None:
    receivable_moves.set_billing_terms(
        contract_id=case.work.contract.pk, retention_percent=Decimal(5), is_dunning_stopped=False,
        actor=case.bill, at=AT,
    )  # fmt: skip
    invoice = invoice_of(case)
    client, caller = case.firm.client("bill"), Caller(token_of(case.firm, "bill"))
    moves = case.firm.url(f"billing/invoices/{invoice.pk}/moves/")
    terms = case.firm.url(f"billing/contracts/{case.work.contract.pk}/terms/part/")
    assert client.get(moves).content.count(b"180.00") == 2
    assert b"180.00" in client.get(terms).content
    hidden = {PricingPermission.VIEW_BILL_RATES, PricingPermission.VIEW_BILL_RATES_OWN}
    for role in Role.objects.filter(member_links__membership_id=case.bill.membership_id):
        role.permissions = [p for p in role.permissions if p not in hidden]
        role.save()
    told = shown(client.get(moves))
    assert "180" not in told and "retention" in told.lower()
    assert "180" not in shown(client.get(terms))
    form = client.get(case.firm.url(f"billing/invoices/{invoice.pk}/withhold/"))
    assert form.status_code == 200 and "3420" not in shown(form)
    answer = caller.get(f"/invoices/{invoice.pk}/moves")
    assert (answer["open_amount"], answer["retained"]) == (None, None)
    assert [(m["kind"], m["amount"]) for m in answer["moves"]] == [("retention_withheld", None)]
