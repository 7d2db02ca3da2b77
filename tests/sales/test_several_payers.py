"""A contract that several customers pay: approved, parked, invoiced and credited by payer."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from billing.models import ContractMilestone, Invoice, InvoiceBalance, Proposal
from billing.rules.types import Remainder
from billing.services import credits, invoices, proposals, readiness
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger.models import Actual
from psa.core.ledger.unbilled import sums_as_of
from revenue.selectors import work_in_progress
from sales.models import FundingShare, FundingSource
from sales.services.funding import FundingExhausted
from tests.edges.api.callers import caller
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene, scene
from timeexpense.services import approvals

from .payers import FROM, TODAY, add_payer, halves, share

__all__ = ["scene"]
CUTOFF = date(2026, 7, 31)


def approve(scene: Scene, *days: date) -> list[int]:
    """8 h a day: 1,176.47 each."""
    ids = scene.submitted(*(scene.draft(work_on=on) for on in days or (MONDAY,)))
    done = approvals.approve_entries(
        entries=[("time", i) for i in ids], actor=scene.actor("priya"), at=NOW
    )
    assert not done.refused
    return ids


def sales() -> list[tuple[str, str, Decimal, int]]:
    """(type, payer, amount, minutes) of what stands unbilled or parked, in order of posting."""
    names = dict(FundingSource.objects.values_list("account_id", "account__name"))
    return [
        (kind, names.get(account, "?"), amount, minutes)
        for kind, account, amount, minutes in Actual.objects.filter(
            actual_type__in=("unbilled_sales", "parked_sales")
        )
        .order_by("id")
        .values_list("actual_type", "account_id", "amount", "minutes")
    ]


def sums(kind: str = "unbilled_sales") -> dict[int, Decimal]:
    rows = Actual.objects.filter(actual_type=kind).values_list("account_id")
    return {pk: total for pk, total in rows.annotate(total=Sum("amount")) if total}


def draft_and_confirm(scene: Scene) -> list[Invoice]:
    bill = scene.actor("bill")
    drafts = proposals.propose_invoices(
        contract_id=scene.work.contract.pk, cutoff_on=CUTOFF, run_key="july", actor=bill, at=NOW
    )
    return [
        invoices.post_invoice(proposal_id=one.pk, invoiced_on=TODAY, at=NOW, actor=bill)
        for one in drafts
    ]


def test_a_day_in_sixty_and_forty_is_two_rows_that_sum_to_it(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, (1, scene.work.account, 60, None), (1, other, 40, None))
    approve(scene)
    assert sales() == [
        ("unbilled_sales", "Kessler Maschinenbau", Decimal("705.88"), 288),
        ("unbilled_sales", "Kessler Stiftung", Decimal("470.59"), 192),
    ]
    rows = Actual.objects.filter(actual_type="unbilled_sales").order_by("id")
    assert [row.leg for row in rows] == [1, 11]
    assert [row.funding_source.account_id for row in _with_sources(rows)] == [
        scene.work.account.pk, other.pk,
    ]  # fmt: skip
    assert Actual.objects.filter(actual_type="cost").count() == 1


def _with_sources(rows):
    sources = FundingSource.objects.in_bulk(row.funding_source_id for row in rows)
    for row in rows:
        row.funding_source = sources[row.funding_source_id]
    return rows


def test_a_payers_limit_hands_over_and_what_nobody_pays_waits(scene: Scene):
    other = add_payer(scene.work.contract)
    account = scene.work.account
    share(scene, (1, other, 100, Decimal(1000)), (2, account, 100, Decimal(500)))
    approve(scene, MONDAY, MONDAY + timedelta(days=1))
    assert sums() == {other.pk: Decimal(1000), account.pk: Decimal(500)}
    assert sums("parked_sales") == {account.pk: Decimal("852.94")}
    share(scene, (1, other, 100, Decimal(1100)), (2, account, 100, Decimal(600)))
    assert sums() == {other.pk: Decimal(1100), account.pk: Decimal(600)}
    assert sums("parked_sales") == {account.pk: Decimal("652.94")}
    share(scene, (1, other, 100, Decimal(1100)), (2, account, 100, None))
    assert sums() == {other.pk: Decimal(1100), account.pk: Decimal("1252.94")}
    assert sums("parked_sales") == {}


def test_a_new_split_holds_for_work_from_its_day_and_moves_nothing(scene: Scene):
    other = add_payer(scene.work.contract)
    approve(scene, MONDAY)
    share(scene, *halves(scene, other), valid_from=MONDAY + timedelta(days=1))
    assert sums() == {scene.work.account.pk: Decimal("1176.47")}
    approve(scene, MONDAY - timedelta(days=3), MONDAY + timedelta(days=1))
    assert sums() == {
        scene.work.account.pk: Decimal("1176.47") * 2 + Decimal("588.24"),
        other.pk: Decimal("588.23"),
    }


def test_a_lines_own_split_is_of_that_line(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, (1, other, 100, None))
    share(scene, *halves(scene, other), line_id=scene.work.time_line.pk)
    approve(scene)
    assert sums() == {scene.work.account.pk: Decimal("588.24"), other.pk: Decimal("588.23")}


def test_leakage_and_work_in_progress_tell_payers_apart(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, (1, scene.work.account, 60, None), (1, other, 40, Decimal(400)))
    approve(scene)
    found = {
        (row["kind"], row["customer"]): Decimal(row["amount"]["amount"])
        for row in caller(scene.firm, "bill").get("/leakage")["items"]
        if row["kind"] in ("unbilled", "parked")
    }
    mine, theirs = scene.work.account.name, other.name
    assert sum(found.values()) == Decimal("1176.47")
    assert found["unbilled", theirs] == 400 and ("parked", mine) in found
    for known_on in (None, TODAY):
        rows = work_in_progress(actor=scene.actor("fay"), as_of=CUTOFF, known_on=known_on)
        assert {row.customer: (row.unbilled_amount, row.payer_id) for row in rows} == {
            mine: (found["unbilled", mine], scene.work.account.pk), theirs: (400, other.pk),
        }  # fmt: skip
    [whole] = sums_as_of(as_of=CUTOFF)
    assert (sum(row.unbilled_amount for row in rows), sum(row.minutes for row in rows)) == (
        whole.amount, whole.minutes,
    )  # fmt: skip


def test_each_payer_gets_an_invoice_with_its_own_number_and_address(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, *halves(scene, other))
    approve(scene)
    mine, theirs = draft_and_confirm(scene)
    assert (mine.net_amount, theirs.net_amount) == (Decimal("588.24"), Decimal("588.23"))
    assert mine.number != theirs.number
    assert mine.snapshot["buyer"]["name"] == "Kessler Maschinenbau"
    assert theirs.snapshot["buyer"]["name"] == "Kessler Stiftung"
    assert theirs.snapshot["buyer"]["address"] == "Stiftsgasse 9\n04109 Leipzig"
    assert sums() == {}
    assert sums("billed_sales") == {
        scene.work.account.pk: Decimal("588.24"), other.pk: Decimal("588.23"),
    }  # fmt: skip


def test_a_run_drafts_again_only_what_is_new_of_each_payer(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, *halves(scene, other))
    approve(scene)
    for days in ((), (MONDAY + timedelta(days=1),)):
        if days:
            approve(scene, *days)
        for key in ("one", "two"):
            proposals.propose_invoices(
                contract_id=scene.work.contract.pk, cutoff_on=CUTOFF, run_key=key,
                actor=scene.actor("bill"), at=NOW,
            )  # fmt: skip
    found = [(p.account_id, p.lines.count()) for p in Proposal.objects.order_by("id")]
    assert found == [(scene.work.account.pk, 2), (other.pk, 2)]


def test_a_credit_note_keeps_the_payer(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, *halves(scene, other))
    approve(scene)
    _, theirs = draft_and_confirm(scene)
    note = credits.full_credit(
        invoice_id=theirs.pk, remainder=Remainder.BACKLOG, reason="Wrong cost centre",
        credited_on=TODAY, at=NOW, actor=scene.actor("bill"),
    )  # fmt: skip
    assert note.account_id == other.pk
    assert note.snapshot["buyer"]["name"] == "Kessler Stiftung"
    assert InvoiceBalance.objects.get(invoice=theirs).open_amount == 0
    assert sums() == {other.pk: Decimal("588.23")}
    [again] = draft_and_confirm(scene)
    assert again.account_id == other.pk


def milestone(scene: Scene, amount: str = "8000.01") -> ContractMilestone:
    return ContractMilestone.objects.create(
        tenant_id=scene.firm.tenant.pk, contract_line=scene.work.fixed_line, position=1,
        name="Design approved", due_on=MONDAY, amount=Decimal(amount),
    )  # fmt: skip


def test_a_milestone_is_invoiced_with_the_last_of_its_payers(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, *halves(scene, other))
    one = milestone(scene)
    readiness.mark_milestone_ready(
        milestone_id=one.pk, ready_on=MONDAY, actor=scene.actor("bill"), at=NOW
    )
    assert sums() == {scene.work.account.pk: Decimal("4000.01"), other.pk: Decimal("4000.00")}
    bill = scene.actor("bill")
    first, second = proposals.propose_invoices(
        contract_id=scene.work.contract.pk, cutoff_on=CUTOFF, run_key="july", actor=bill, at=NOW
    )
    for draft, state in ((first, "ready"), (second, "invoiced")):
        invoices.post_invoice(proposal_id=draft.pk, invoiced_on=TODAY, at=NOW, actor=bill)
        one.refresh_from_db()
        assert one.state == state


def test_a_milestone_that_nobody_has_room_for_is_refused(scene: Scene):
    share(scene, (1, scene.work.account, 100, Decimal(3000)))
    with pytest.raises(FundingExhausted, match="all but €.5000.01 of “Design approved”"):
        readiness.mark_milestone_ready(
            milestone_id=milestone(scene).pk, ready_on=MONDAY, actor=scene.actor("bill"), at=NOW
        )


def test_what_a_review_adds_stays_within_the_payers_limit(scene: Scene):
    other = add_payer(scene.work.contract)
    share(scene, *halves(scene, other, limit=Decimal(600)))
    approve(scene)
    bill = scene.actor("bill")
    _, theirs = proposals.propose_invoices(
        contract_id=scene.work.contract.pk, cutoff_on=CUTOFF, run_key="july", actor=bill, at=NOW
    )
    theirs.lines.update(amount=Decimal(700), price=Decimal(700))
    with pytest.raises(invoices.LimitExceeded):
        invoices.post_invoice(proposal_id=theirs.pk, invoiced_on=TODAY, at=NOW, actor=bill)


def test_refuses_what_does_not_add_up(scene: Scene):
    other = add_payer(scene.work.contract)
    account = scene.work.account
    with pytest.raises(DomainError, match="sum to 90 %, not 100 %"):
        share(scene, (1, account, 50, None), (1, other, 40, None))
    with pytest.raises(DomainError, match="names a source twice"):
        share(scene, (1, other, 50, None), (1, other, 50, None))
    with pytest.raises(DomainError, match="one limit"):
        share(scene, (1, other, 100, Decimal(5)), (2, other, 100, Decimal(6)))
    with pytest.raises(DomainError, match="at least one payer"):
        share(scene)
    share(scene, *halves(scene, other), valid_from=date(2026, 7, 1))
    with pytest.raises(DomainError, match="A split from 1 Jul 2026 stands already"):
        share(scene, (1, other, 100, None), valid_from=date(2026, 6, 1))
    other.kind = "vendor"
    other.save(update_fields=["kind"])
    with pytest.raises(NotFound):
        share(scene, (1, other, 100, None), valid_from=date(2026, 8, 1))
    assert FundingShare.objects.count() == 2


def test_refuses_a_retainer_that_refunds(scene: Scene):
    scene.work.retainer_line.retainer_underuse_policy = "refund"
    scene.work.retainer_line.save(update_fields=["retainer_underuse_policy"])
    with pytest.raises(Conflict, match="refunds what is unused"):
        share(scene, *halves(scene, add_payer(scene.work.contract)))


@pytest.mark.django_db
def test_is_kept_on_a_page_of_the_contract(settings, django_assert_max_num_queries):
    settings.PSA_NOW = NOW
    scene = make_scene()
    with scene.firm.scope():
        other = add_payer(scene.work.contract)
    client = scene.firm.client("amara")
    record = scene.firm.url(f"sales/contracts/{scene.work.contract.pk}/")
    path = f"{record}payers/"
    assert client.get(path).status_code == 200
    data = {
        "valid_from": "2026-01-01", "priority_1": "1",
        "account_1": str(scene.work.account.pk), "percent_1": "60", "priority_2": "1",
        "account_2": str(other.pk), "percent_2": "39", "limit_amount_2": "5000",
    }  # fmt: skip
    refused = client.post(path, data)
    assert refused.status_code == 422
    assert "sum to 99 %, not 100 %" in refused.content.decode()
    half = client.post(path, data | {"percent_2": ""})
    assert "A row needs a step, a payer and a share." in half.content.decode()
    assert client.post(path, data | {"percent_2": "40"}).status_code == 302
    with scene.firm.scope():
        approve(scene)
    with django_assert_max_num_queries(30):
        shown = client.get(record).content.decode()
    for text in ("Kessler Stiftung", "470.59", "4,529.41"):
        assert text in shown
    assert 'value="60"' in client.get(path).content.decode()
    assert scene.firm.client("ben").get(path).status_code in (403, 404)


@pytest.mark.django_db
def test_is_set_by_the_api(settings):
    settings.PSA_NOW = NOW
    scene = make_scene()
    with scene.firm.scope():
        other = add_payer(scene.work.contract)
    amara = caller(scene.firm, "amara")
    path = f"/contracts/{scene.work.contract.pk}/funding"
    shares = [
        {"account_id": scene.work.account.pk, "percent": "60"},
        {"account_id": other.pk, "percent": "40", "limit_amount": "5000"},
    ]
    found = amara.put(path, {"valid_from": "2026-01-01", "shares": shares})
    assert [(one["account"]["name"], one["share_percent"]) for one in found["funding"]] == [
        ("Kessler Maschinenbau", "60.0000"), ("Kessler Stiftung", "40.0000"),
    ]  # fmt: skip
    [split] = found["funding_splits"]
    assert (split["valid_from"], split["line"]) == (str(FROM), None)
    assert [one["percent"] for one in split["shares"]] == ["60.0000", "40.0000"]
    amara.put(path, {"valid_from": "2026-01-01", "shares": shares[:1]}, 422)
    amara.put(path, {"valid_from": "2026-01-01", "shares": []}, 422)
    caller(scene.firm, "ben").put(path, {"valid_from": "2026-01-01", "shares": shares}, 404)
