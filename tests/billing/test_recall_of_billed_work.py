"""Work that is on a draft or an invoice is not taken back; what was credited is."""

from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.models import Invoice
from billing.rules.types import Remainder
from billing.services import credits, invoices, proposals, review
from billing.services.review import LineChange
from psa.core.ledger.models import Actual, ActualLink
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.services import approvals, recalls
from timeexpense.services.recalls import EntryHeld

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def approved(scene: Scene) -> int:
    [entry_id] = scene.submitted()
    approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW)
    return entry_id


def drafted(scene: Scene):
    [draft] = proposals.propose_invoices(
        contract_id=scene.work.contract.pk, cutoff_on=MONDAY, run_key="run", at=NOW,
        actor=scene.actor("bill"),
    )  # fmt: skip
    return draft


def confirmed(scene: Scene) -> Invoice:
    return invoices.post_invoice(
        proposal_id=drafted(scene).pk, invoiced_on=NOW.date(), at=NOW, actor=scene.actor("bill")
    )


def recall(scene: Scene, entry_id: int) -> None:
    recalls.grant_recall(
        kind="time", entry_id=entry_id, actor=scene.actor("priya"), at=NOW, reason="Wrong day"
    )


def credit(scene: Scene, invoice: Invoice, remainder: Remainder) -> None:
    credits.full_credit(
        invoice_id=invoice.pk, remainder=remainder, reason="wrong day", credited_on=NOW.date(),
        at=NOW, actor=scene.actor("bill"),
    )  # fmt: skip


def sums() -> dict[str, Decimal]:
    return dict(
        Actual.objects.order_by("actual_type").values_list("actual_type").annotate(t=Sum("amount"))
    )


def test_is_refused_naming_the_draft_then_the_invoice(scene: Scene) -> None:
    with scene.firm.scope():
        entry_id = approved(scene)
        draft = drafted(scene)
        with pytest.raises(EntryHeld, match=f"the invoice draft {draft.number}"):
            recall(scene, entry_id)
        invoice = invoices.post_invoice(
            proposal_id=draft.pk, invoiced_on=NOW.date(), at=NOW, actor=scene.actor("bill")
        )
        with pytest.raises(EntryHeld, match=f"It is invoiced .invoice {invoice.number}"):
            recall(scene, entry_id)
        assert sums()["cost"] == 500


def test_is_refused_for_a_line_that_review_has_changed(scene: Scene) -> None:
    with scene.firm.scope():
        entry_id = approved(scene)
        draft = drafted(scene)
        line = draft.lines.get()
        review.change_line(
            proposal_id=draft.pk, line_id=line.pk,
            change=LineChange(minutes=360, remainder=Remainder.BACKLOG), reason="handover",
            lock_version=draft.lock_version, actor=scene.actor("bill"), at=NOW,
        )  # fmt: skip
        invoices.post_invoice(
            proposal_id=draft.pk, invoiced_on=NOW.date(), at=NOW, actor=scene.actor("bill")
        )
        kinds = ActualLink.objects.order_by("kind").values_list("kind", flat=True)
        assert list(kinds) == ["backlog", "billed"]
        with pytest.raises(EntryHeld, match="invoiced"):
            recall(scene, entry_id)


@pytest.mark.parametrize("remainder", list(Remainder))
def test_is_granted_once_all_of_it_was_credited(scene: Scene, remainder: Remainder) -> None:
    with scene.firm.scope():
        entry_id = approved(scene)
        credit(scene, confirmed(scene), remainder)
        recall(scene, entry_id)
        assert set(sums().values()) == {Decimal(0)}


def test_drill_down_leads_from_the_work_to_the_bill_and_back(scene: Scene) -> None:
    with scene.firm.scope():
        entry_id = approved(scene)
        confirmed(scene)
        unbilled = Actual.objects.get(
            source_kind="time_entry", source_id=entry_id, actual_type="unbilled_sales"
        )
        link = ActualLink.objects.get(from_actual=unbilled)
        assert (link.kind, link.to_actual.actual_type) == ("billed", "billed_sales")
        assert link.to_actual.amount == unbilled.amount


def test_an_actual_names_the_invoice_the_entry_and_who_approved_it(scene: Scene) -> None:
    """Back from the billed row, and from a row of the entry itself, to the person and approval."""
    firm = scene.firm
    with firm.scope():
        approved(scene)
        invoice = confirmed(scene)
        billed = Actual.objects.get(actual_type="billed_sales")
        cost = Actual.objects.get(actual_type="cost")
    fay = firm.client("fay")
    page = fay.get(firm.url(f"ledger/actuals/{billed.pk}/origins/")).content.decode()
    for words in (f"Line 1 of invoice {invoice.number}", "Time entry of Ben", "Approved by Priya"):
        assert words in " ".join(page.split()), words
    page = " ".join(
        fay.get(firm.url(f"ledger/actuals/{cost.pk}/origins/")).content.decode().split()
    )
    assert "Approved by Priya" in page and invoice.number not in page
