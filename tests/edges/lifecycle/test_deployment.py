"""Lite: costs alone, invoices by hand, no books; and moving up from it without losing anything."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from billing.models import Invoice, InvoiceBalance, Payment, Proposal
from billing.rules.types import Remainder
from billing.selectors.reimbursements import owed_to_people
from billing.services import credits, hand_invoices, invoices, payments, reimbursements, review
from billing.services.billing_runs import start_billing_run
from billing.services.payments import Chosen
from psa.core.errors import DomainError, PermissionDenied
from psa.core.jobs import registry
from psa.core.jobs import services as jobs
from psa.core.ledger.models import Actual, FiscalPeriod, JournalEntry, JournalLine
from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType, TransactionClass
from psa.core.ledger.services import posting, posting_run
from psa.core.org.features import NotOffered
from psa.core.org.models import TenantParameters
from psa.edges.lifecycle import deployment
from psa.edges.lifecycle.deployment import AlreadyThere
from revenue.services import close
from revenue.services.proofs import run_proofs
from tests.billing.scenario import journal_of, time_draft
from tests.timeexpense.conftest import MONDAY, Scene, make_scene
from timeexpense.services import approvals, revaluations

NOW = datetime(2026, 7, 9, 10, 0, tzinfo=UTC)
BEGIN_ON = date(2026, 7, 1)


@pytest.fixture
def scene(db: None) -> Iterator[Scene]:
    """Acme's engagement in EUR at its UK entity, before anything is posted; Acme works as Lite."""
    made = make_scene()
    with made.firm.scope():
        deployment.begin_as_lite(actor=made.actor("ada"), at=NOW)
        yield made


def approve(scene: Scene, ids: list[int]) -> None:
    done = approvals.approve_entries(
        entries=[("time", i) for i in ids], actor=scene.actor("priya"), at=NOW
    )
    assert {one.outcome for one in done.decisions} == {"approved"}


def by_hand(scene: Scene, on: date, amount: str, *, line: str = "time_line") -> Invoice:
    bill = scene.actor("bill")
    draft = hand_invoices.begin_invoice(
        contract_id=scene.work.contract.pk, drafted_on=on, actor=bill, at=NOW
    )
    review.add_line(
        proposal_id=draft.pk, kind="fee", contract_line_id=getattr(scene.work, line).pk,
        description="As agreed", amount=Decimal(amount), added_on=on, reason="",
        lock_version=draft.lock_version, actor=bill, at=NOW,
    )  # fmt: skip
    return invoices.post_invoice(proposal_id=draft.pk, invoiced_on=on, at=NOW, actor=bill)


def pay(scene: Scene, on: date, amount: str, *of: Invoice) -> Payment:
    return payments.record_payment(
        request_key=f"{on} {amount}", account_id=scene.work.account.pk,
        legal_entity_id=scene.work.contract.legal_entity_id, received_on=on,
        amount=Decimal(amount), currency="EUR",
        chosen=[Chosen(one.pk, Decimal(amount) / len(of)) for one in of],
        actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip


def hotel(scene: Scene, on: date, amount: str, source_id: int) -> None:
    """Ben pays a hotel himself."""
    draft = ActualDraft(
        type=ActualType.COST, work_on=on, legal_entity_id=scene.work.contract.legal_entity_id,
        transaction_class=TransactionClass.EXPENSE, currency="GBP", amount=Decimal(amount),
        source_kind="expense_entry", source_id=source_id, project_id=scene.work.project.pk,
        resource_id=scene.firm.resources["ben"].pk, billing_type=BillingType.NON_CHARGEABLE,
        quantity=Decimal(1), unit="unit", price=Decimal(amount), posting_event="expense_own_paid",
    )  # fmt: skip
    posting.post(drafts=[draft], actor=scene.actor("fay"), at=NOW, kind="approval")


def pay_back(scene: Scene, on: date, amount: str) -> None:
    reimbursements.reimburse(
        request_key=f"{on}", resource_id=scene.firm.resources["ben"].pk,
        legal_entity_id=scene.work.contract.legal_entity_id, currency="GBP",
        amount=Decimal(amount), paid_on=on, reference="", actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip


def broken(scene: Scene, as_of: date = date(2026, 7, 31)) -> list[str]:
    found = run_proofs(
        legal_entity_id=scene.work.contract.legal_entity_id, as_of=as_of,
        actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip
    return [proof.name for proof in found if not proof.holds]


def post_all(scene: Scene) -> None:
    posting_run.journal_batches(
        batch_ids=posting_run.waiting_batches(), actor=scene.actor("fay"), at=NOW
    )


def move_up(scene: Scene, revalue_from_on: date | None = MONDAY) -> deployment.MovedUp:
    return deployment.move_up(
        begin_on=BEGIN_ON, revalue_from_on=revalue_from_on, actor=scene.actor("ada"), at=NOW
    )


def test_work_is_its_cost_alone_and_nothing_is_journalled(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    approve(scene, [entry_id])
    assert scene.rows(entry_id) == [("cost", "chargeable", 480, Decimal(500), "GBP")]
    assert posting_run.waiting_batches() == []
    assert not JournalEntry.objects.exists()
    fay, bill = scene.actor("fay"), scene.actor("bill")
    # The doors themselves refuse, whoever comes.
    with pytest.raises(NotOffered, match="works as Lite"):
        posting.post(drafts=[time_draft(scene)], actor=fay, at=NOW, kind="approval")  # type: ignore[arg-type]
    with pytest.raises(NotOffered):
        start_billing_run(arguments={"cutoff_on": "2026-06-30"}, actor=bill, at=NOW)
    with pytest.raises(NotOffered):
        broken(scene)
    # The clock starts nothing of it either.
    for kind in ("ledger.posting_run", "revenue.proofs", "billing.retainer_periods"):
        is_needed = registry.get(kind).is_needed
        assert is_needed is not None and not is_needed(), kind
    period = FiscalPeriod.objects.filter(starts_on=date(2026, 6, 1)).first()
    assert period is not None
    codes = [step.code for step in close.steps(period_id=period.pk, actor=fay)]
    assert codes == ["time", "approvals", "soft_close", "close"]


def test_pages_of_the_books_are_gone_and_say_how_they_come(scene: Scene) -> None:
    fay, bill, ada = (scene.firm.client(name) for name in ("fay", "bill", "ada"))
    for client, path in (
        (fay, "ledger/entries/"), (fay, "ledger/trial-balance/"), (fay, "revenue/"),
        (fay, "revenue/wip/"), (bill, "billing/runs/"), (bill, "billing/leakage/"),
    ):  # fmt: skip
        answer = client.get(scene.firm.url(path))
        assert answer.status_code == 422, path
        assert "Your firm works as Lite" in answer.content.decode()
    page = bill.get(scene.firm.url("billing/proposals/")).content.decode()
    assert "billing/runs/" not in page
    assert scene.firm.url("billing/proposals/new/") in page
    assert fay.get(scene.firm.url("revenue/close/")).status_code == 200
    offer = ada.get(scene.firm.url("lifecycle/deployment/")).content.decode()
    assert "Move up to non-stocked" in offer
    assert ada.post(scene.firm.url("setup/preflight/start/")).status_code == 422
    assert bill.get(scene.firm.url("lifecycle/deployment/")).status_code == 404


def test_invoices_payments_and_credits_need_no_books(scene: Scene) -> None:
    bill = scene.actor("bill")
    first = by_hand(scene, date(2026, 6, 10), "1000")
    assert (first.total_amount, first.journal_entry_id) == (1200, None)
    second = by_hand(scene, date(2026, 6, 12), "500")
    with pytest.raises(DomainError, match="more than is open"):
        pay(scene, date(2026, 6, 20), "5000")
    paid = pay(scene, date(2026, 6, 20), "700", first)
    assert paid.journal_entry_id is None
    with pytest.raises(DomainError, match="Reverse the payment first"):
        credits.full_credit(
            invoice_id=first.pk, remainder=Remainder.WRITE_OFF, reason="Wrong", at=NOW,
            credited_on=date(2026, 6, 21), actor=scene.actor("fay"),
        )  # fmt: skip
    note = credits.full_credit(
        invoice_id=second.pk, remainder=Remainder.WRITE_OFF, reason="Sent twice", at=NOW,
        credited_on=date(2026, 6, 21), actor=scene.actor("fay"),
    )  # fmt: skip
    assert (note.total_amount, note.journal_entry_id) == (-600, None)
    assert InvoiceBalance.objects.get(invoice=second).open_amount == 0
    reversal = payments.reverse_payment(
        payment_id=paid.pk, reversed_on=date(2026, 6, 25), reason="Bounced",
        actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip
    assert reversal.journal_entry_id is None
    assert InvoiceBalance.objects.get(invoice=first).open_amount == 1200
    assert not JournalEntry.objects.exists()
    assert set(Actual.objects.values_list("actual_type", flat=True)) <= {"cost"}
    # The same draft, not another one, for who begins twice.
    again = [
        hand_invoices.begin_invoice(
            contract_id=scene.work.contract.pk, drafted_on=NOW.date(), actor=bill, at=NOW
        ).pk
        for _ in range(2)
    ]
    assert again[0] == again[1]
    assert Proposal.objects.filter(state="draft").count() == 1


def test_moving_up_brings_everything_into_books_that_agree(scene: Scene) -> None:
    """Worked figures of ledger L-24, at 0.85 GBP a EUR."""
    fay = scene.actor("fay")
    old = by_hand(scene, date(2026, 6, 10), "1000")  # 1,200.00 with tax
    gone = by_hand(scene, date(2026, 6, 12), "500", line="fixed_line")
    fixed = by_hand(scene, date(2026, 6, 15), "4000", line="fixed_line")
    credits.full_credit(
        invoice_id=gone.pk, remainder=Remainder.WRITE_OFF, reason="Sent twice", at=NOW,
        credited_on=date(2026, 6, 21), actor=fay,
    )  # fmt: skip
    early = pay(scene, date(2026, 6, 28), "700", old)
    new = by_hand(scene, date(2026, 7, 2), "100")
    late = pay(scene, date(2026, 7, 5), "100", old, new)
    hotel(scene, date(2026, 6, 14), "80", 1)
    pay_back(scene, date(2026, 6, 30), "30")
    hotel(scene, date(2026, 7, 3), "20", 2)
    pay_back(scene, date(2026, 7, 4), "40")
    approve(scene, before := scene.submitted(scene.draft(work_on=date(2026, 6, 29))))
    approve(scene, since := scene.submitted())

    moved = move_up(scene)
    assert (moved.brought_in.invoices, moved.brought_in.payments) == (5, 2)
    assert moved.revaluation is not None
    run = jobs.run_now(moved.revaluation.pk, at=NOW)
    assert run.result == {"valued": 1, "refused": 0}
    post_all(scene)

    # Of the old invoice: what is open of it, against equity. Of the fixed price: its liability too.
    def opened(number: str) -> list[tuple[str, Decimal]]:
        entry = JournalEntry.objects.get(source_ref=number)
        assert (entry.event, entry.entry_on) == ("opening_balance", BEGIN_ON)
        return journal_of(entry.pk)

    receivable, equity = Decimal("425.00"), Decimal("-425.00")
    assert [amount for _, amount in opened(old.number)] == [receivable, equity]
    assert [amount for _, amount in opened(fixed.number)] == [
        Decimal("4080.00"), Decimal("-3400.00"), Decimal("-680.00"),
    ]  # fmt: skip
    # The new one as any invoice.
    entry = JournalEntry.objects.get(source_ref=new.number)
    assert (entry.event, entry.entry_on) == ("invoice", date(2026, 7, 2))
    assert broken(scene) == []
    # Work since the day is sold; earlier work stays its cost, outside the journals.
    assert [row[0] for row in scene.rows(since[0])] == ["cost", "unbilled_sales"]
    assert [row[0] for row in scene.rows(before[0])] == ["cost"]
    posted = JournalLine.objects.filter(entry__source_kind="batch", entry__entry_on__lt=BEGIN_ON)
    assert not posted.exists()
    # Ben is owed what he paid less what he got, and the books say so.
    assert [row.amount for row in owed_to_people(actor=fay)] == [Decimal(30)]
    with pytest.raises(DomainError, match="begin on 1 Jul 2026"):
        broken(scene, date(2026, 6, 30))
    # A payment of before and one of since are taken back; the old invoice is credited like any.
    for payment in (early, late):
        payments.reverse_payment(
            payment_id=payment.pk, reversed_on=date(2026, 7, 8), reason="Bounced", actor=fay, at=NOW
        )
    credits.full_credit(
        invoice_id=old.pk, remainder=Remainder.WRITE_OFF, reason="Wrong", at=NOW,
        credited_on=date(2026, 7, 8), actor=fay,
    )  # fmt: skip
    assert broken(scene) == []
    with pytest.raises(DomainError):
        credits.full_credit(
            invoice_id=gone.pk, remainder=Remainder.WRITE_OFF, reason="Again", at=NOW,
            credited_on=date(2026, 7, 8), actor=fay,
        )  # fmt: skip


def test_moves_up_once_and_by_the_right_hand(scene: Scene) -> None:
    approve(scene, ids := scene.submitted())
    with pytest.raises(PermissionDenied):
        deployment.move_up(
            begin_on=BEGIN_ON, revalue_from_on=None, actor=scene.actor("bill"), at=NOW
        )
    with pytest.raises(DomainError, match="today or earlier"):
        deployment.move_up(
            begin_on=date(2026, 8, 1), revalue_from_on=None, actor=scene.actor("ada"), at=NOW
        )
    FiscalPeriod.objects.filter(starts_on=date(2026, 6, 1)).update(state="closed")
    with pytest.raises(DomainError, match="is not open"):
        deployment.move_up(
            begin_on=date(2026, 6, 1), revalue_from_on=None, actor=scene.actor("ada"), at=NOW
        )
    move_up(scene)
    with pytest.raises(AlreadyThere):
        move_up(scene)
    assert TenantParameters.objects.get().books_begin_on == BEGIN_ON
    # Valuing again values nothing twice.
    keys = revaluations.entries_to_revalue(from_on=MONDAY)
    assert keys == [("time", ids[0])]
    counts = [
        revaluations.revalue_entries(entries=keys, actor=scene.actor("ada"), at=NOW).count
        for _ in range(2)
    ]
    assert counts == [1, 0]
    with pytest.raises(DomainError, match="never down"):
        deployment.begin_as_lite(actor=scene.actor("ada"), at=NOW)


def test_an_invoice_under_way_is_brought_in_too(committed_database: None) -> None:
    """Whoever writes without books holds the move up until their transaction ends."""
    made = make_scene()
    with made.firm.scope():
        deployment.begin_as_lite(actor=made.actor("ada"), at=NOW)
    written, moving, numbers = threading.Event(), threading.Event(), []

    def invoice() -> None:
        try:
            with made.firm.scope(), transaction.atomic():
                numbers.append(by_hand(made, date(2026, 7, 2), "100").number)
                written.set()
                moving.wait(timeout=60)
                time.sleep(0.3)  # the move has asked for its lock by now
        finally:
            written.set()
            connection.close()

    thread = threading.Thread(target=invoice)
    thread.start()
    assert written.wait(timeout=60)
    with made.firm.scope():
        moving.set()
        moved = move_up(made, None)
        thread.join(timeout=60)
        assert moved.brought_in.invoices == len(numbers) == 1
        assert JournalEntry.objects.get(source_ref=numbers[0]).entry_on == date(2026, 7, 2)
