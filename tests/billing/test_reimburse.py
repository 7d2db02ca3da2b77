"""Paying people back what they paid themselves."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Reimbursement
from billing.selectors.reimbursements import owed_to_people
from billing.services import reimbursements
from psa.core.errors import DomainError, PermissionDenied
from psa.core.ledger.models import FiscalPeriod
from psa.core.ledger.rules.posting_profiles import Slot
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting, posting_run
from psa.core.money.models import FxRate
from revenue.services.proofs import run_proofs
from revenue.services.revaluation import moving_balances
from tests.billing.scenario import AT, Case, journal_of

pytestmark = pytest.mark.django_db
PAID_ON = date(2026, 7, 9)


def spend(
    case: Case,
    amount: str = "200",
    tax: str = "40",
    *,
    source_id: int = 1,
    on: date = date(2026, 6, 15),
    **of: int,
) -> None:
    """Ben pays a hotel, EUR at 0.85, and its posting run is done."""
    draft = ActualDraft(
        type=ActualType.COST, work_on=on,
        legal_entity_id=case.work.contract.legal_entity_id,
        transaction_class=TransactionClass.EXPENSE, currency="EUR", amount=Decimal(amount),
        recoverable_tax=Decimal(tax), source_kind="expense_entry", source_id=source_id,
        project_id=case.work.project.pk, resource_id=case.firm.resources["ben"].pk,
        billing_type=BillingType.NON_CHARGEABLE, quantity=Decimal(1), unit="unit",
        price=Decimal(amount), posting_event="expense_own_paid", **of,
    )  # fmt: skip
    posting.post(drafts=[draft], actor=case.fay, at=AT, kind="approval")
    posting_run.journal_batches(batch_ids=posting_run.waiting_batches(), actor=case.fay, at=AT)


def pay(case: Case, amount: str, key: str = "a") -> Reimbursement:
    return reimbursements.reimburse(
        request_key=key, resource_id=case.firm.resources["ben"].pk,
        legal_entity_id=case.work.contract.legal_entity_id, currency="EUR",
        amount=Decimal(amount), paid_on=PAID_ON, reference="July run", actor=case.fay, at=AT,
    )  # fmt: skip


def holds(case: Case) -> bool:
    proofs = run_proofs(
        legal_entity_id=case.work.contract.legal_entity_id, as_of=date(2026, 7, 31),
        actor=case.fay, at=AT,
    )  # fmt: skip
    return all(proof.holds for proof in proofs)


def test_relieves_the_payable_and_books_the_exchange_difference(case: Case) -> None:
    spend(case)
    FxRate.objects.create(
        tenant_id=case.fay.tenant_id, from_currency="EUR", to_currency="GBP", on=PAID_ON,
        rate=Decimal("0.90"),
    )  # fmt: skip
    [row] = owed_to_people(actor=case.fay)
    assert (row.person, row.amount, row.booked) == ("Ben", 240, 204)
    made = pay(case, "240")
    assert pay(case, "240").pk == made.pk
    assert journal_of(made.journal_entry_id) == [
        ("2100", Decimal(204)), ("7000", Decimal(12)), ("1000", Decimal(-216)),
    ]  # fmt: skip
    assert owed_to_people(actor=case.fay) == []
    assert holds(case)


def test_once_paid_back_there_is_nothing_to_revalue(case: Case) -> None:
    """Ben's expense belongs to a contract; what he is paid back to none."""
    spend(case, contract_id=case.work.contract.pk, account_id=case.work.contract.account_id)
    pay(case, "240")
    FxRate.objects.create(
        tenant_id=case.fay.tenant_id, from_currency="EUR", to_currency="GBP",
        on=date(2026, 7, 31), rate=Decimal("0.90"),
    )  # fmt: skip
    july = FiscalPeriod.objects.get(
        legal_entity_id=case.work.contract.legal_entity_id, starts_on=date(2026, 7, 1)
    )
    moving = {balance.slot for balance in moving_balances(july)}
    assert moving == {Slot.BANK}


def test_pays_in_parts_and_takes_one_back(case: Case) -> None:
    spend(case)
    first = pay(case, "100.01")
    pay(case, "139.99", "b")
    assert sum(row.booked_entity_amount for row in Reimbursement.objects.all()) == 204
    reimbursements.reverse_reimbursement(
        reimbursement_id=first.pk, reversed_on=PAID_ON, reason="wrong account", actor=case.fay,
        at=AT,
    )  # fmt: skip
    assert [row.amount for row in owed_to_people(actor=case.fay)] == [Decimal("100.01")]
    with pytest.raises(reimbursements.AlreadyReversed):
        reimbursements.reverse_reimbursement(
            reimbursement_id=first.pk, reversed_on=PAID_ON, reason="again", actor=case.fay, at=AT
        )
    assert holds(case)


def test_dates_what_is_owed_by_the_oldest_expense_that_is_still_open(case: Case) -> None:
    spend(case, on=date(2026, 6, 22), source_id=2)
    spend(case)
    [row] = owed_to_people(actor=case.fay)
    assert row.oldest_on == date(2026, 6, 15)
    pay(case, "239.99")
    assert owed_to_people(actor=case.fay)[0].oldest_on == date(2026, 6, 15)
    pay(case, "0.01", "b")
    assert owed_to_people(actor=case.fay)[0].oldest_on == date(2026, 6, 22)


def test_refuses_more_than_is_owed_and_who_may_not(case: Case) -> None:
    spend(case)
    with pytest.raises(DomainError, match="is owed"):
        pay(case, "240.01")
    with pytest.raises(PermissionDenied):
        reimbursements.reimburse(
            request_key="x", resource_id=case.firm.resources["ben"].pk,
            legal_entity_id=case.work.contract.legal_entity_id, currency="EUR",
            amount=Decimal(1), paid_on=PAID_ON, reference="", actor=case.bill, at=AT,
        )  # fmt: skip


def test_its_pages(case: Case) -> None:
    spend(case)
    client, url = case.firm.client("fay"), case.firm.url
    assert b"Ben" in client.get(url("billing/reimbursements/")).content
    ben, entity = case.firm.resources["ben"], case.work.contract.legal_entity
    query = f"?person={ben.pk}&entity={entity.pk}&currency=EUR"
    assert b"240" in client.get(url(f"billing/reimbursements/new/{query}")).content
    answer = client.post(
        url("billing/reimbursements/new/"),
        {"request_key": "k", "resource": ben.pk, "legal_entity": entity.pk, "currency": "EUR",
         "amount": "240", "paid_on": "2026-07-09"},
    )  # fmt: skip
    assert answer.status_code == 302
    assert b"E2026" in client.get(url("billing/reimbursements/paid/")).content
