"""A proposal becomes a numbered invoice, its actuals and its journal, once."""

from datetime import date
from decimal import Decimal

import pytest

from billing import policies
from billing.models import (
    ContractMilestone,
    Invoice,
    InvoiceBalance,
    InvoiceTax,
    Proposal,
    ProposalLine,
)
from billing.rules.types import Remainder
from billing.services import invoices, readiness, review
from billing.services.review import LineChange
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import Actual, ActualClaim, FiscalPeriod, NumberSequence
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.services import journals
from psa.core.notifications.models import Notification
from tests.billing.scenario import (
    AT,
    INVOICED_ON,
    Case,
    confirm,
    journal_of,
    make_case,
    post_days,
    propose,
    sums,
)

pytestmark = pytest.mark.django_db


def change(case: Case, proposal: Proposal, line: ProposalLine, **what: object) -> None:
    proposal.refresh_from_db()
    review.change_line(
        proposal_id=proposal.pk, line_id=line.pk, change=LineChange(**what),  # type: ignore[arg-type]
        reason="agreed with the customer", lock_version=proposal.lock_version,
        actor=case.bill, at=AT,
    )  # fmt: skip


def treat(case: Case, proposal: Proposal, line_ids: list[int], treatment: str) -> None:
    proposal.refresh_from_db()
    review.set_treatment(
        proposal_id=proposal.pk, line_ids=line_ids, treatment=treatment, reason="",
        lock_version=proposal.lock_version, actor=case.bill, at=AT,
    )  # fmt: skip


def test_reverses_unbilled_and_posts_billed_sales(case: Case) -> None:
    post_days(case, 3)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    assert sums(case) == {"unbilled_sales": Decimal(0), "billed_sales": Decimal(3000)}
    assert (invoice.net_amount, invoice.tax_amount, invoice.total_amount) == (3000, 600, 3600)
    assert (invoice.entity_rate, invoice.entity_total_amount) == (Decimal("0.85"), Decimal(3060))
    assert invoice.due_on == date(2026, 7, 31)


def test_takes_the_next_number_of_the_entitys_series(case: Case) -> None:
    prefix = case.firm.entities["UK"].invoice_prefix
    numbers = []
    for run in ("run 1", "run 2"):
        post_days(case, 1)
        [draft] = propose(case, run_key=run)
        numbers.append(confirm(case, draft).number)
    assert numbers == [f"{prefix}-2026-00001", f"{prefix}-2026-00002"]


def test_books_receivable_tax_and_revenue_at_the_stored_rates(case: Case) -> None:
    post_days(case, 3)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    assert journal_of(invoice.journal_entry_id) == [
        ("1100", Decimal(3060)), ("4000", Decimal(-2550)), ("2300", Decimal(-510)),
    ]  # fmt: skip


def test_names_the_invoice_line_in_every_billed_row(case: Case) -> None:
    post_days(case, 3)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    billed = Actual.objects.filter(actual_type="billed_sales")
    by_line = {row.source_id: row.amount for row in billed}
    assert set(billed.values_list("source_kind", flat=True)) == {"invoice_line"}
    assert by_line == dict(invoice.lines.values_list("id", "net_amount"))


def test_shows_tax_in_the_entitys_currency_too(case: Case) -> None:
    post_days(case, 3)
    [draft] = propose(case)
    tax = InvoiceTax.objects.get(invoice=confirm(case, draft))
    assert (tax.tax_percent, tax.net_amount, tax.tax_amount) == (20, 3000, 600)
    assert tax.entity_tax_amount == 510


def test_opens_an_item_for_the_total(case: Case) -> None:
    post_days(case, 3)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    balance = InvoiceBalance.objects.get(invoice=invoice)
    assert (balance.open_amount, balance.open_entity_amount) == (3600, 3060)


def test_writes_off_what_is_invoiced_less(case: Case) -> None:
    post_days(case, 2)
    [draft] = propose(case)
    line = draft.lines.order_by("position").first()
    change(case, draft, line, minutes=240)
    invoice = confirm(case, draft)
    assert invoice.net_amount == 1500
    assert sums(case) == {"unbilled_sales": Decimal(0), "billed_sales": Decimal(1500)}
    line.refresh_from_db()
    assert (line.original_amount, line.amount) == (1000, 500)


def test_leaves_the_rest_in_the_backlog_when_the_line_says_so(case: Case) -> None:
    post_days(case, 2)
    [draft] = propose(case)
    change(case, draft, draft.lines.first(), minutes=240, remainder=Remainder.BACKLOG)
    confirm(case, draft)
    assert sums(case) == {"unbilled_sales": Decimal(500), "billed_sales": Decimal(1500)}
    [again] = propose(case, run_key="run 2")
    rest = again.lines.get()
    assert (rest.amount, rest.minutes) == (500, 240)


def test_repriced_lines_keep_their_own_value_in_the_tenants_currency(case: Case) -> None:
    post_days(case, 1)
    [draft] = propose(case)
    change(case, draft, draft.lines.get(), price=Decimal("100"))
    confirm(case, draft)
    billed = Actual.objects.get(actual_type="billed_sales")
    assert (billed.amount, billed.price, billed.entity_amount, billed.tenant_amount) == (
        800, 100, 680, 680,
    )  # fmt: skip


def test_shows_complimentary_work_at_nothing_and_leaves_non_chargeable_out(case: Case) -> None:
    post_days(case, 3)
    [draft] = propose(case)
    first, second, _ = draft.lines.order_by("position").values_list("id", flat=True)
    treat(case, draft, [first], "complimentary")
    treat(case, draft, [second], "non_chargeable")
    invoice = confirm(case, draft)
    assert list(invoice.lines.order_by("position").values_list("net_amount", flat=True)) == [
        0, 1000,
    ]  # fmt: skip
    assert sums(case) == {"unbilled_sales": Decimal(0), "billed_sales": Decimal(1000)}


def test_holds_lines_for_the_next_invoice(case: Case) -> None:
    ids = post_days(case, 3)
    [draft] = propose(case)
    held = draft.lines.get(actual_id=ids[0])
    treat(case, draft, [held.pk], "hold")
    assert confirm(case, draft).net_amount == 2000
    assert sums(case)["unbilled_sales"] == 1000
    [again] = propose(case, run_key="run 2")
    assert again.lines.get().actual_id == ids[0]


def test_bills_a_discount_and_a_fee_that_the_reviewer_added(case: Case) -> None:
    post_days(case, 3)
    [draft] = propose(case)
    for kind, amount in (("discount", "300"), ("fee", "50")):
        draft.refresh_from_db()
        review.add_line(
            proposal_id=draft.pk, kind=kind, contract_line_id=case.work.time_line.pk,
            description=kind.capitalize(), amount=Decimal(amount), added_on=INVOICED_ON,
            reason="volume", lock_version=draft.lock_version, actor=case.bill, at=AT,
        )  # fmt: skip
    invoice = confirm(case, draft)
    assert (invoice.net_amount, invoice.tax_amount) == (2750, 550)
    assert sums(case) == {"unbilled_sales": Decimal(0), "billed_sales": Decimal(2750)}


def test_raises_a_liability_for_milestones_invoiced_in_advance(case: Case) -> None:
    milestone = ContractMilestone.objects.create(
        tenant_id=case.bill.tenant_id, contract_line=case.work.fixed_line, position=1,
        name="Blueprint signed", due_on=date(2026, 6, 30), amount=8000,
        project=case.work.project,
    )  # fmt: skip
    readiness.mark_milestone_ready(
        milestone_id=milestone.pk, ready_on=date(2026, 6, 30), actor=case.bill, at=AT
    )
    [draft] = propose(case)
    invoice = confirm(case, draft)
    assert journal_of(invoice.journal_entry_id) == [
        ("1100", Decimal(8160)), ("2200", Decimal(-6800)), ("2300", Decimal(-1360)),
    ]  # fmt: skip
    milestone.refresh_from_db()
    assert milestone.state == "invoiced"


def test_refuses_a_second_confirmation(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    confirm(case, draft)
    with pytest.raises(policies.AlreadyConfirmed, match=draft.number):
        confirm(case, draft)
    assert Invoice.objects.count() == 1


def test_refuses_a_cancelled_proposal_and_frees_its_work(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    review.cancel_proposal(
        proposal_id=draft.pk, reason="wrong month", lock_version=1, actor=case.bill, at=AT
    )
    with pytest.raises(policies.ProposalEnded):
        confirm(case, draft)
    assert not ActualClaim.objects.filter(released_at__isnull=True).exists()
    [again] = propose(case, run_key="run 2")
    assert again.lines.count() == 3


def test_refuses_a_closed_period_and_takes_no_number(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    FiscalPeriod.objects.filter(legal_entity=case.firm.entities["UK"], name="2026-07").update(
        state="closed"
    )
    with pytest.raises(PeriodClosed) as refused:
        confirm(case, draft)
    assert refused.value.field == "invoiced_on"
    assert not NumberSequence.objects.filter(document_type="invoice").exists()
    assert sums(case) == {"unbilled_sales": Decimal(3000)}


def test_refuses_a_date_before_the_last_invoice(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    confirm(case, draft, on=date(2026, 7, 8))
    post_days(case)
    [later] = propose(case, run_key="run 2")
    with pytest.raises(journals.SeriesDated, match="8 Jul 2026"):
        confirm(case, later, on=date(2026, 7, 7))


def test_refuses_when_nothing_is_charged(case: Case) -> None:
    post_days(case, 1)
    [draft] = propose(case)
    treat(case, draft, [draft.lines.get().pk], "complimentary")
    with pytest.raises(invoices.NothingToInvoice):
        confirm(case, draft)


def test_refuses_a_raise_over_the_limit_and_takes_one_that_fits(db: None) -> None:
    case = make_case(not_to_exceed=Decimal(3500))
    with case.scope():
        post_days(case, 3)
        [draft] = propose(case)
        line = draft.lines.first()
        change(case, draft, line, minutes=480 + 300)
        with pytest.raises(invoices.LimitExceeded, match="125"):
            confirm(case, draft)
        change(case, draft, line, minutes=480 + 240)
        assert confirm(case, draft).net_amount == 3500


def test_refuses_who_may_not_confirm_and_who_may_not_see(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    for name, refusal in (
        ("priya", PermissionDenied), ("amara", PermissionDenied), ("paul", PermissionDenied),
        ("ben", PermissionDenied),
    ):  # fmt: skip
        with pytest.raises(refusal):
            invoices.confirm_proposal(
                proposal_id=draft.pk, invoiced_on=INVOICED_ON, at=AT,
                actor=case.firm.actors[name],
            )  # fmt: skip


def test_does_not_know_another_tenants_proposal(db: None) -> None:
    acme, globex = make_case(), make_case("globex")
    with acme.scope():
        post_days(acme)
        [draft] = propose(acme)
    with globex.scope(), pytest.raises(NotFound):
        confirm(globex, draft)


def test_refuses_a_contract_put_on_hold_meanwhile(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    case.work.contract.status = "on_hold"
    case.work.contract.save()
    with pytest.raises(DomainError, match="on hold"):
        confirm(case, draft)


def test_queues_the_document_and_tells_the_contracts_owner(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    invoice = invoices.confirm_proposal(
        proposal_id=draft.pk, invoiced_on=INVOICED_ON, at=AT, actor=case.bill
    )
    assert JobRun.objects.get(kind="billing.invoice_pdf").arguments == {"invoice_id": invoice.pk}
    note = Notification.objects.get()
    assert note.membership_id == case.firm.actors["amara"].membership_id
    assert "3" not in note.body.replace("C-1", "")


def test_freezes_parties_and_names(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    frozen = confirm(case, draft).snapshot
    assert frozen["buyer"]["name"] == "Kessler Maschinenbau"
    assert list(frozen["names"]["resource"].values()) == ["Ben"]
    assert frozen["names"]["project"] == {str(case.work.project.pk): "ERP core rollout"}


def test_refuses_two_reviewers_to_overwrite_each_other(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    seen = draft.lock_version
    treat(case, draft, [draft.lines.first().pk], "hold")
    with pytest.raises(policies.ProposalChanged, match="Somebody else"):
        review.set_treatment(
            proposal_id=draft.pk, line_ids=[draft.lines.first().pk], treatment="chargeable",
            reason="", lock_version=seen, actor=case.fay, at=AT,
        )  # fmt: skip


def test_an_added_discount_never_becomes_a_charge(case: Case) -> None:
    post_days(case, 2)
    [draft] = propose(case)
    review.add_line(
        proposal_id=draft.pk, kind="discount", contract_line_id=case.work.time_line.pk,
        description="Goodwill", amount=Decimal(100), added_on=INVOICED_ON, reason="Late",
        lock_version=draft.lock_version, actor=case.bill, at=AT,
    )  # fmt: skip
    line = ProposalLine.objects.get(proposal=draft, actual__isnull=True)
    for figure in ({"price": Decimal(100)}, {"quantity": Decimal(2)}):
        with pytest.raises(DomainError, match="has an amount, not a price"):
            change(case, draft, line, **figure)
    change(case, draft, line, description="Goodwill for the delay")
    draft.refresh_from_db()
    assert confirm(case, draft).net_amount == 1900
