"""Batches of reimbursements: gathered once, written for the bank, paid, let go."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from billing import payment_schema
from billing.models import ReimbursementBatch, ReimbursementBatchEntry
from billing.rules import payment_file
from billing.rules.payment_file import Account, PaymentOrder, Transfer
from billing.selectors import reimbursement_batches as selectors
from billing.selectors.reimbursements import owed_to_people
from billing.services import reimbursement_batches, reimbursements
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError, PermissionDenied
from psa.core.ledger.services import posting_run
from psa.core.org.models import LegalEntity
from psa.core.org.services import entity_accounts
from tests.timeexpense.conftest import NOW, Scene, make_scene
from tests.timeexpense.test_expenses import add
from tests.timeexpense.test_races import at_once
from timeexpense.models import BankAccount, ExpenseEntry
from timeexpense.rules import bank_accounts as account_rules
from timeexpense.services import approvals, bank_accounts, expenses, recalls
from timeexpense.services.recalls import EntryHeld

SCHEMA = etree.XMLSchema(etree.parse(payment_schema.SUBSET))
PAID_ON = date(2026, 7, 10)
IBAN = "DE89370400440532013000"


@pytest.fixture
def scene(db: None) -> Any:
    made = make_scene()
    with made.firm.scope():
        LegalEntity.objects.filter(code="UK").update(bank_iban="GB33 BUKB 2020 1555 5555 55")
        yield made


def spent(scene: Scene, **changes: Any) -> int:
    """An own-paid expense of Ben, approved and in the books."""
    made = add(scene, **changes)
    report_id = ExpenseEntry.objects.get(pk=made.entry_id).report_id
    expenses.submit_report(report_id=report_id, actor=scene.actor("ben"), at=NOW)
    done = approvals.approve_entries(
        entries=[("expense", made.entry_id)], actor=scene.actor("priya"), at=NOW
    )
    assert done.approved_count == 1, done
    fay = scene.actor("fay")
    posting_run.journal_batches(batch_ids=posting_run.waiting_batches(), actor=fay, at=NOW)
    return made.entry_id


def make(scene: Scene, currency: str = "EUR") -> ReimbursementBatch:
    return reimbursement_batches.make_batch(
        legal_entity_id=scene.firm.entities["UK"].pk, currency=currency, execute_on=PAID_ON,
        actor=scene.actor("fay"), at=NOW,
    ).batch  # fmt: skip


def pay(scene: Scene, batch: ReimbursementBatch) -> ReimbursementBatch:
    return reimbursement_batches.mark_paid(
        batch_id=batch.pk, paid_on=PAID_ON, actor=scene.actor("fay"), at=NOW
    )


def enter_account(scene: Scene, number: str = IBAN) -> None:
    bank_accounts.save_own_account(
        holder="Ben Ösei", number=number, bic="COBADEFF", actor=scene.actor("ben"), at=NOW
    )


def write(scene: Scene, batch: ReimbursementBatch, file_format: str) -> bytes:
    return reimbursement_batches.write_file(
        batch_id=batch.pk, format=file_format, actor=scene.actor("fay"), at=NOW
    )


def test_pays_what_is_owed_through_the_books_and_only_once(scene: Scene) -> None:
    spent(scene)
    spent(scene, amount="40", tax_amount="", merchant="Cab")
    assert selectors.next_to_pay() == (scene.firm.entities["UK"].pk, "EUR")
    batch = make(scene)
    assert selectors.next_to_pay() is None
    assert sorted(batch.entries.values_list("amount", flat=True)) == [40, 119]
    # Whoever pays sees what is in it, and what of a person's money a batch holds already.
    page = selectors.batch_page(actor=scene.actor("fay"), batch_id=batch.pk)
    assert [(one.person, one.merchant, one.amount.amount) for one in page.expenses] == [
        ("Ben", "Deutsche Bahn", 119), ("Ben", "Cab", 40),
    ]  # fmt: skip
    assert all(one.report and one.category for one in page.expenses)
    [row] = owed_to_people(actor=scene.actor("fay"))
    assert (row.amount, row.in_batches, row.batches) == (159, 159, batch.number)
    with pytest.raises(DomainError):
        make(scene)
    with pytest.raises(DomainError, match="not come yet"), transaction.atomic():
        reimbursement_batches.mark_paid(
            batch_id=batch.pk, paid_on=NOW.date() + timedelta(days=2), actor=scene.actor("fay"),
            at=NOW,
        )  # fmt: skip
    assert pay(scene, batch).state == "paid"
    paid = batch.entries.get(amount=119).reimbursement
    assert (paid.amount, paid.reference) == (159, batch.number)
    assert owed_to_people(actor=scene.actor("fay")) == []
    with pytest.raises(DomainError):
        pay(scene, batch)


def test_holds_each_expense_once_by_the_database(scene: Scene) -> None:
    entry_id = spent(scene)
    batch = make(scene)
    with pytest.raises(IntegrityError, match="expense_in_one_live_batch"), transaction.atomic():
        ReimbursementBatchEntry.objects.create(
            tenant=scene.firm.tenant, batch=batch, entry_id=entry_id, amount=1,
            resource=scene.firm.resources["ben"],
        )  # fmt: skip


def test_keeps_what_it_holds_from_being_recalled_naming_the_batch(scene: Scene) -> None:
    entry_id = spent(scene, billing_type="non_chargeable")
    batch = make(scene)
    recall = {
        "kind": "expense", "entry_id": entry_id, "reason": "Wrong", "at": NOW,
        "actor": scene.actor("priya"),
    }  # fmt: skip
    with pytest.raises(EntryHeld, match=batch.number):
        recalls.grant_recall(**recall)
    reimbursement_batches.cancel_batch(batch_id=batch.pk, actor=scene.actor("fay"), at=NOW)
    recalls.grant_recall(**recall)


def test_frees_what_a_reversed_payment_had_paid(scene: Scene) -> None:
    spent(scene)
    batch = pay(scene, make(scene))
    reimbursements.reverse_reimbursement(
        reimbursement_id=batch.entries.get().reimbursement_id, reversed_on=PAID_ON,
        reason="Returned by the bank", actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip
    assert make(scene).entries.get().amount == 119


def test_leaves_out_who_was_paid_a_part_by_hand(scene: Scene) -> None:
    spent(scene)
    reimbursements.reimburse(
        request_key="h", resource_id=scene.firm.resources["ben"].pk, currency="EUR",
        legal_entity_id=scene.firm.entities["UK"].pk, amount=Decimal(19), paid_on=PAID_ON,
        reference="", actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip
    with pytest.raises(DomainError, match="Ben: a part was paid by hand"):
        make(scene)


def test_is_paid_from_the_account_of_its_currency_or_the_one_chosen(scene: Scene) -> None:
    enter_account(scene)
    entity = scene.firm.entities["UK"]
    name = {"p": payment_file.NAMESPACE}

    def account(number: str, **more: Any) -> int:
        row = entity_accounts.save_account(
            account_id=None, legal_entity_id=entity.pk, name=number, currency="EUR", number=number,
            bank_name="Isar", bic="COBADEFF", actor=scene.actor("ada"), at=NOW, **more,
        )  # fmt: skip
        return int(row.pk)

    def payer(batch: ReimbursementBatch) -> str:
        document = etree.fromstring(write(scene, batch, "xml"))
        SCHEMA.assertValid(document)
        return str(document.xpath("string(//p:DbtrAcct//p:IBAN)", namespaces=name))

    spent(scene)
    batch = make(scene)
    assert payer(batch) == "GB33BUKB20201555555555"  # the main one, while there is no other
    account("DE02120300000000202051", is_default=True)
    assert payer(batch) == "DE02120300000000202051"
    other = account("DE02500105170137075030", is_default=False)
    batch.pay_from_id = other
    batch.save()
    assert payer(batch) == "DE02500105170137075030"
    reimbursement_batches.cancel_batch(batch_id=batch.pk, actor=scene.actor("fay"), at=NOW)
    given = {
        "currency": "EUR", "execute_on": PAID_ON, "actor": scene.actor("fay"), "at": NOW,
    }  # fmt: skip
    with pytest.raises(DomainError, match="no such bank account"):
        reimbursement_batches.make_batch(
            legal_entity_id=scene.firm.entities["DE"].pk, pay_from_id=other, **given
        )
    made = reimbursement_batches.make_batch(
        legal_entity_id=entity.pk, pay_from_id=other, **given
    ).batch
    assert (made.pay_from_id, payer(made)) == (other, "DE02500105170137075030")


def test_writes_a_file_that_the_message_accepts(scene: Scene) -> None:
    spent(scene)
    batch = make(scene)
    with pytest.raises(DomainError, match="No bank account of Ben"):
        write(scene, batch, "xml")
    enter_account(scene)
    content = write(scene, batch, "xml")
    document = etree.fromstring(content)
    SCHEMA.assertValid(document)
    name = {"p": payment_file.NAMESPACE}
    assert document.xpath("string(//p:Cdtr/p:Nm)", namespaces=name) == "Ben Oesei"
    assert document.xpath("string(//p:CdtrAcct//p:IBAN)", namespaces=name) == IBAN
    assert document.xpath("string(//p:GrpHdr/p:CtrlSum)", namespaces=name) == "119.00"
    assert IBAN in write(scene, batch, "csv").decode()
    assert AuditEntry.objects.filter(event="billing.reimbursement_batch.written").count() == 2


def test_keeps_an_account_sealed_and_out_of_the_trail(scene: Scene) -> None:
    enter_account(scene)
    row = BankAccount.objects.get()
    assert IBAN not in row.sealed_number
    assert row.number_end == "3000"
    assert not AuditEntry.objects.filter(sentence__contains="3000").exists()
    for number in ("DE89370400440532013001", "x", "12 34 \x00", "9" * 400):
        with pytest.raises(DomainError):
            enter_account(scene, number)


def test_is_for_who_records_payments(scene: Scene) -> None:
    for call in (
        lambda: reimbursement_batches.make_batch(
            legal_entity_id=scene.firm.entities["UK"].pk, currency="EUR", execute_on=PAID_ON,
            actor=scene.actor("bill"), at=NOW,
        ),
        lambda: reimbursement_batches.write_file(
            batch_id=1, format="csv", actor=scene.actor("bill"), at=NOW
        ),
    ):  # fmt: skip
        with pytest.raises(PermissionDenied):
            call()


PAYER = Account("Häuser & Söhne GmbH", IBAN, "", True)
ORDER = PaymentOrder("UK-RB2026-00001", datetime(2026, 7, 9, 10), PAID_ON, "EUR", PAYER, [])


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=90), st.integers(1, 9_999_999),
            st.sampled_from(["GB33BUKB20201555555555", "123456789"]),
        ),
        min_size=1, max_size=5,
    ),
    st.sampled_from(["EUR", "JPY", "INR"]),
)  # fmt: skip
def test_writes_what_the_message_accepts_for_any_name(
    rows: list[tuple[str, int, str]], currency: str
) -> None:
    transfers = [
        Transfer(Account(name, number, "", account_rules.is_iban(number)),
                 Decimal(amount) if currency == "JPY" else Decimal(amount) / 100, f"{n}-{name}", name)
        for n, (name, amount, number) in enumerate(rows)
    ]  # fmt: skip
    document = etree.fromstring(
        payment_file.as_pain_001(replace(ORDER, currency=currency, transfers=transfers))
    )
    SCHEMA.assertValid(document)
    name = {"p": payment_file.NAMESPACE}
    parts = [Decimal(one.text) for one in document.iterfind(".//p:InstdAmt", name)]
    assert sum(parts) == Decimal(document.findtext(".//p:GrpHdr/p:CtrlSum", "", name))
    is_sepa = document.find(".//p:SvcLvl", name) is not None
    assert is_sepa == (currency == "EUR" and all(number[0] == "G" for _, _, number in rows))


def test_refuses_an_order_of_nothing() -> None:
    with pytest.raises(DomainError):
        payment_file.as_pain_001(ORDER)


def by_hand(scene: Scene, amount: str, key: str = "h") -> None:
    reimbursements.reimburse(
        request_key=key, resource_id=scene.firm.resources["ben"].pk, currency="EUR",
        legal_entity_id=scene.firm.entities["UK"].pk, amount=Decimal(amount), paid_on=PAID_ON,
        reference="", actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip


def test_what_a_batch_is_about_to_pay_is_not_paid_by_hand_too(scene: Scene) -> None:
    spent(scene)
    batch = make(scene)
    spent(scene, amount="40", tax_amount="", merchant="Cab")
    with pytest.raises(DomainError, match=f"in {batch.number}. Mark that batch as paid"):
        by_hand(scene, "41")
    by_hand(scene, "40")
    pay(scene, batch)
    assert owed_to_people(actor=scene.actor("fay")) == []


def test_gathering_and_taking_back_at_once_never_pay_what_was_taken_back(
    committed_database: str,
) -> None:
    made = make_scene()
    with made.firm.scope():
        ids = [spent(made, merchant=f"Inn {n}", billing_type="non_chargeable") for n in range(3)]

    def take_back() -> None:
        for pk in ids:
            recalls.grant_recall(
                kind="expense", entry_id=pk, reason="Wrong", at=NOW, actor=made.actor("priya")
            )

    def gather() -> object:
        try:
            return make(made)
        except DomainError as refused:
            return refused

    def refusable() -> object:
        try:
            return take_back()
        except EntryHeld as refused:
            return refused

    at_once(made, [gather, refusable])
    with made.firm.scope():
        drafts = ExpenseEntry.objects.filter(state="draft").values_list("id", flat=True)
        held = ReimbursementBatchEntry.objects.filter(is_live=True)
        assert not held.filter(entry_id__in=drafts).exists()


def paying(
    *amounts: str, reference: str = "UK-RB2026-00001-{n}", currency: str = "EUR"
) -> PaymentOrder:
    to = Account("Ben", IBAN, "", True)
    transfers = [
        Transfer(to, Decimal(amount), reference.format(n=n), "Expenses")
        for n, amount in enumerate(amounts)
    ]
    return replace(ORDER, currency=currency, transfers=transfers)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (paying("0"), "above 0"),
        (paying("1.005"), "EUR has 2 decimal places"),
        (paying("10.5", currency="JPY"), "JPY has 0 decimal places"),
        (paying("1000000000"), "at most 999,999,999.99 EUR"),
        (paying("12345678901234567.89", currency="GBP"), "too large"),
        (paying("1", "2", reference="x" * 40 + "{n}"), "Two payments would bear"),
    ],
)
def test_refuses_what_the_message_does_not_take(order: PaymentOrder, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        payment_file.as_pain_001(order)


def test_writes_texts_without_slashes_that_banks_refuse() -> None:
    assert payment_file.bank_text("//Ref//1/ /", 35) == "Ref/1"
    document = etree.fromstring(payment_file.as_pain_001(paying("1", reference="/a//b/{n}/")))
    name = {"p": payment_file.NAMESPACE}
    assert document.findtext(".//p:EndToEndId", "", name) == "a/b/0"


def test_holds_a_file_against_the_schema_that_the_operator_names(
    scene: Scene, settings: Any, tmp_path: Path
) -> None:
    spent(scene)
    enter_account(scene)
    batch = make(scene)
    official = tmp_path / "pain.001.001.09.xsd"
    official.write_bytes(payment_schema.SUBSET.read_bytes())
    settings.PAYMENT_SCHEMA = official
    assert write(scene, batch, "xml")
    narrow = tmp_path / "narrow.xsd"
    narrow.write_text(payment_schema.SUBSET.read_text().replace('value="TRF"', 'value="CHK"'))
    settings.PAYMENT_SCHEMA = narrow
    with pytest.raises(DomainError, match="does not fit narrow.xsd.*PmtMtd"):
        write(scene, batch, "xml")
    settings.PAYMENT_SCHEMA = tmp_path / "broken.xsd"
    settings.PAYMENT_SCHEMA.write_text("<not a schema")
    with pytest.raises(DomainError, match="cannot be read as a schema"):
        write(scene, batch, "xml")
    assert write(scene, batch, "csv")
