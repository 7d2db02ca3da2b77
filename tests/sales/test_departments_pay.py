"""A department of the firm that pays a share: charged by journal, taken back, and reconciled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from billing.models import Invoice, InvoiceBalance, InvoiceTax, Proposal
from billing.rules.types import Remainder
from billing.selectors import receivables, statements
from billing.services import (
    credits,
    deliveries,
    documents,
    invoices,
    payments,
    proposals,
    readiness,
)
from billing.services.credits import CreditLine
from psa.core.documents.models import Document
from psa.core.errors import DomainError, NotFound
from psa.core.ledger.models import Actual, FiscalPeriod, JournalLine, NumberSequence
from psa.core.ledger.services import posting_run
from psa.core.org.models import OrgUnit
from psa.core.org.services import structure
from psa.edges.operations.tenant_figures import tenant_figures
from revenue.services.accruals import post_accruals
from revenue.services.proofs import run_proofs
from sales.models import Account
from sales.selectors import visibility
from sales.services import funding
from sales.services.funding import PayerShare
from tests.edges.api.callers import caller
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene, scene

from .payers import FROM, TODAY
from .test_several_payers import CUTOFF, approve, draft_and_confirm, milestone, sums

__all__ = ["scene"]
HALF, OTHER_HALF = Decimal("588.24"), Decimal("588.23")


def department(scene: Scene, code: str = "RND") -> OrgUnit:
    unit: OrgUnit = OrgUnit.objects.create(
        tenant_id=scene.firm.tenant.pk, legal_entity=scene.firm.entities["UK"], code=code,
        name="Product development",
    )  # fmt: skip
    return unit


def share_with(scene: Scene, unit: OrgUnit, percent: int = 50) -> Account:
    """The customer pays the rest; the department's account is returned."""
    mine = PayerShare(1, scene.work.account.pk, Decimal(100 - percent))
    theirs = PayerShare(1, None, Decimal(percent), unit_id=unit.pk)
    funding.set_split(
        contract_id=scene.work.contract.pk, valid_from=FROM,
        shares=[mine, theirs] if percent < 100 else [theirs],
        actor=scene.actor("amara"), at=NOW, today_on=TODAY,
    )  # fmt: skip
    return Account.objects.get(org_unit=unit)


def booked(charge: Invoice) -> list[tuple[str, str, Decimal]]:
    """(slot, unit, debit less credit) of a charge's journal."""
    units = dict(OrgUnit.objects.values_list("id", "code"))
    return [
        (line.memo, units.get(line.org_unit_id or 0, ""), line.debit - line.credit)
        for line in JournalLine.objects.filter(entry=charge.journal_entry_id).order_by("id")
    ]


def proven(scene: Scene) -> dict[str, Any]:
    fay = scene.actor("fay")
    posting_run.journal_batches(batch_ids=posting_run.waiting_batches(), actor=fay, at=NOW)
    found = run_proofs(
        legal_entity_id=scene.firm.entities["UK"].pk, as_of=date(2026, 7, 31), actor=fay, at=NOW
    )
    assert {proof.name: proof.breaking for proof in found} == {p.name: () for p in found}
    return {proof.name: proof for proof in found}


def charged(scene: Scene, percent: int = 50) -> tuple[Account, Invoice]:
    account = share_with(scene, department(scene), percent)
    approve(scene)
    return account, draft_and_confirm(scene)[-1]


def test_is_charged_by_journal_without_number_tax_receivable_or_document(scene: Scene):
    account, charge = charged(scene)
    [invoice] = Invoice.objects.filter(kind="invoice")
    assert (invoice.net_amount, charge.net_amount) == (HALF, OTHER_HALF)
    assert (charge.kind, charge.account_id, charge.tax_amount) == ("charge", account.pk, 0)
    assert charge.number == f"{scene.firm.entities['UK'].invoice_prefix}-D2026-00001"
    assert NumberSequence.objects.get(document_type="invoice").last_number == 1
    assert not InvoiceBalance.objects.filter(invoice=charge).exists()
    assert not InvoiceTax.objects.filter(invoice=charge).exists()
    value = charge.entity_total_amount
    assert booked(charge) == [("recharge_expense", "RND", value), ("recharge_income", "UK", -value)]
    assert sums() == {}
    assert sums("billed_sales") == {scene.work.account.pk: HALF, account.pk: OTHER_HALF}
    with pytest.raises(DomainError, match="has no document"):
        documents.invoice_pdf_of(invoice_id=charge.pk, actor=scene.actor("bill"), at=NOW)
    with pytest.raises(DomainError, match="has no document"):
        deliveries.send_to_customer(
            invoice_id=charge.pk, request_key="a", actor=scene.actor("bill"), at=NOW
        )
    assert not Document.objects.filter(record_id=charge.pk, record_type="billing.Invoice").exists()
    found = proven(scene)
    assert found["recharge_expense"].left == found["recharge_income"].left == value
    figures, code = tenant_figures(), charge.currency
    assert figures[f"invoices {code}"] == f"{invoice.total_amount} in 1"
    assert figures[f"internal charges {code}"] == f"{charge.total_amount} in 1"


def test_is_billed_once(scene: Scene):
    account, charge = charged(scene)
    bill = scene.actor("bill")
    with pytest.raises(DomainError):
        invoices.post_invoice(proposal_id=charge.proposal_id, invoiced_on=TODAY, at=NOW, actor=bill)
    with pytest.raises(proposals.NothingToBill):
        proposals.propose_invoices(
            contract_id=scene.work.contract.pk, cutoff_on=CUTOFF, run_key="again", actor=bill,
            at=NOW,
        )  # fmt: skip
    rows = Actual.objects.filter(account_id=account.pk, actual_type="billed_sales")
    assert [row.amount for row in rows] == [OTHER_HALF]


def test_a_run_adds_to_its_draft_only_what_is_new(scene: Scene):
    account = share_with(scene, department(scene), 100)
    approve(scene)
    for key, day in (("one", None), ("two", MONDAY + timedelta(days=1)), ("three", None)):
        if day:
            approve(scene, day)
        proposals.propose_invoices(
            contract_id=scene.work.contract.pk, cutoff_on=CUTOFF, run_key=key,
            actor=scene.actor("bill"), at=NOW,
        )  # fmt: skip
    [draft] = Proposal.objects.all()
    assert (draft.account_id, draft.lines.count()) == (account.pk, 2)


def test_is_taken_back_in_parts_and_charged_again(scene: Scene):
    account, charge = charged(scene)
    bill = scene.actor("bill")
    [line] = charge.lines.all()
    value = charge.entity_total_amount
    first = credits.credit_invoice(
        invoice_id=charge.pk, lines=[CreditLine(line.pk, Decimal(400), Remainder.WRITE_OFF)],
        reason="Agreed with the head", credited_on=TODAY, at=NOW, actor=bill,
    )  # fmt: skip
    assert (first.kind, first.net_amount) == ("charge_back", Decimal("-188.23"))
    assert first.number.endswith("-D2026-00002")
    proven(scene)
    second = credits.full_credit(
        invoice_id=charge.pk, remainder=Remainder.BACKLOG, reason="Wrong department",
        credited_on=TODAY, at=NOW, actor=bill,
    )  # fmt: skip
    assert second.net_amount == Decimal(-400)
    assert first.entity_total_amount + second.entity_total_amount == -value
    assert sums() == {account.pk: Decimal(400)}
    assert proven(scene)["recharge_expense"].left == 0
    with pytest.raises(credits.NothingToCredit):
        credits.full_credit(
            invoice_id=charge.pk, remainder=Remainder.BACKLOG, reason="Again",
            credited_on=TODAY, at=NOW, actor=bill,
        )  # fmt: skip
    with pytest.raises(DomainError, match="is a credit note"):
        credits.full_credit(
            invoice_id=first.pk, remainder=Remainder.BACKLOG, reason="No", credited_on=TODAY,
            at=NOW, actor=bill,
        )  # fmt: skip
    [again] = draft_and_confirm(scene)
    assert (again.kind, again.net_amount) == ("charge", Decimal(400))
    proven(scene)


def test_what_an_estimate_recognises_is_no_revenue_once_a_department_bears_it(scene: Scene):
    share_with(scene, department(scene), 100)
    readiness.mark_milestone_ready(
        milestone_id=milestone(scene).pk, ready_on=MONDAY, actor=scene.actor("bill"), at=NOW
    )
    [charge] = draft_and_confirm(scene)
    value = charge.entity_total_amount
    assert booked(charge) == [
        ("recharge_expense", "RND", value), ("recharge_income", "UK", -value),
        ("revenue", "UK", value), ("contract_liability", "UK", -value),
    ]  # fmt: skip
    assert proven(scene)["contract_position"].left == -value
    credits.full_credit(
        invoice_id=charge.pk, remainder=Remainder.BACKLOG, reason="Not yet", credited_on=TODAY,
        at=NOW, actor=scene.actor("bill"),
    )  # fmt: skip
    assert proven(scene)["contract_position"].left == 0


def test_its_unbilled_share_is_not_accrued_as_revenue(scene: Scene):
    share_with(scene, department(scene))
    approve(scene)
    period = FiscalPeriod.objects.get(legal_entity=scene.firm.entities["UK"], name="2026-07")
    post_accruals(period_id=period.pk, actor=scene.actor("fay"), at=NOW)
    held = JournalLine.objects.filter(memo="contract_asset", entry__reverses__isnull=True)
    assert held.aggregate(n=Sum("currency_amount"))["n"] == HALF
    proven(scene)


def test_owes_nothing_and_is_no_customer(scene: Scene):
    account, charge = charged(scene)
    bill, amara = scene.actor("bill"), scene.actor("amara")
    assert not visibility.accounts_visible_to(amara).filter(pk=account.pk).exists()
    with pytest.raises(NotFound):
        visibility.get_account(actor=amara, account_id=account.pk)
    with pytest.raises(NotFound):
        statements.statement_page(actor=bill, account_id=account.pk, until_on=TODAY)
    open_ones = receivables.open_items(actor=bill, today=TODAY)
    assert charge.pk not in {row["id"] for row in open_ones}
    with pytest.raises(NotFound):
        payments.record_payment(
            account_id=account.pk, legal_entity_id=charge.legal_entity_id, received_on=TODAY,
            amount=Decimal(1), currency="EUR", request_key="p",
            actor=scene.actor("fay"), at=NOW,
        )  # fmt: skip


def test_is_a_unit_of_the_contracts_entity_that_stays_there(scene: Scene):
    unit = department(scene)
    share_with(scene, unit)
    other = next(e for code, e in scene.firm.entities.items() if code != "UK")
    away = OrgUnit.objects.filter(legal_entity=other).first()
    assert away is not None
    with pytest.raises(DomainError, match="inside one legal entity"):
        share_with(scene, away)
    with pytest.raises(DomainError, match="customer or a department"):
        funding.set_split(
            contract_id=scene.work.contract.pk, valid_from=FROM,
            shares=[PayerShare(1, None, Decimal(100))],
            actor=scene.actor("amara"), at=NOW, today_on=TODAY,
        )  # fmt: skip
    unit.name = "Product and research"
    unit.save(update_fields=["name"])
    assert share_with(scene, unit).name == "Product and research"
    assert Account.objects.filter(kind="department").count() == 1
    assert structure.unit_uses.used_by(unit.pk) == "it pays a contract"


@pytest.mark.django_db
def test_is_chosen_charged_and_taken_back_on_pages(settings):
    settings.PSA_NOW = NOW
    made = make_scene()
    with made.firm.scope():
        unit = department(made)
    amara, bill = made.firm.client("amara"), made.firm.client("bill")
    record = made.firm.url(f"sales/contracts/{made.work.contract.pk}/")
    path = f"{record}payers/"
    assert "Product development" in amara.get(path).content.decode()
    data = {
        "valid_from": "2026-01-01", "priority_1": "1", "account_1": f"unit-{unit.pk}",
        "percent_1": "100",
    }  # fmt: skip
    assert amara.post(path, data).status_code == 302
    assert f'value="unit-{unit.pk}" selected' in amara.get(path).content.decode()
    with made.firm.scope():
        approve(made)
        [draft] = proposals.propose_invoices(
            contract_id=made.work.contract.pk, cutoff_on=CUTOFF, run_key="july",
            actor=made.actor("bill"), at=NOW,
        )  # fmt: skip
    proposal = made.firm.url(f"billing/proposals/{draft.pk}/")
    shown = bill.get(proposal).content.decode()
    assert "Confirm charge" in shown and "nothing receivable" in shown
    with made.firm.scope():
        charge = invoices.confirm_proposal(
            proposal_id=draft.pk, invoiced_on=TODAY, at=NOW, actor=made.actor("bill")
        )
    assert "Invoiced or charged" in amara.get(record).content.decode()
    page = made.firm.url(f"billing/invoices/{charge.pk}/")
    shown = bill.get(page).content.decode()
    assert "Charged inside the firm" in shown and "Record payment" not in shown
    assert f"{page}document" not in shown and f"{page}send/" not in shown
    assert "has no document" in bill.get(f"{page}send/").content.decode()
    listed = made.firm.url("billing/invoices/?view=charges")
    assert charge.number in bill.get(listed).content.decode()
    assert "(department)" in amara.get(record).content.decode()
    form = bill.get(f"{page}credit/").content.decode()
    assert f"Credit {charge.number}" in form
    done = bill.post(
        f"{page}credit/",
        {"reason": "Agreed", "credited_on": "2026-07-09", "remainder": "write_off"},
    )
    assert done.status_code == 302
    assert "Charge taken back" in bill.get(listed).content.decode()


@pytest.mark.django_db
def test_is_set_by_the_api(settings):
    settings.PSA_NOW = NOW
    made = make_scene()
    with made.firm.scope():
        unit = department(made)
    path = f"/contracts/{made.work.contract.pk}/funding"
    shares = [
        {"account_id": made.work.account.pk, "percent": "60"},
        {"unit_id": unit.pk, "percent": "40"},
    ]
    amara = caller(made.firm, "amara")
    found = amara.put(path, {"valid_from": "2026-01-01", "shares": shares})
    assert [one["unit_id"] for one in found["funding"]] == [None, unit.pk]
    assert found["funding"][1]["account"]["name"] == "Product development"
    both = [{"account_id": made.work.account.pk, "unit_id": unit.pk, "percent": "100"}]
    amara.put(path, {"valid_from": "2026-01-01", "shares": both}, 422)
