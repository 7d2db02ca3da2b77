"""Amounts of a contract's billing are for who sees its bill rates: docs/adr/0042."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Invoice
from billing.services import credits, payments, receivable_moves
from billing.services.payments import Chosen
from psa.core.access.models import Role
from psa.core.access.permissions import PricingPermission
from psa.core.errors import DomainError, PermissionDenied
from sales.models import Contract
from tests.billing.scenario import AT, Case, confirm, post_days, propose
from tests.edges.api.callers import Caller, token_of

pytestmark = pytest.mark.django_db
ON = date(2026, 7, 9)
# An invoice of 3,000.00 and 600.00 tax.
FIGURES = ("3,000.00", "3,600.00", "600.00", "3000", "3600")
HIDDEN = {PricingPermission.VIEW_BILL_RATES, PricingPermission.VIEW_BILL_RATES_OWN}


def keep_rates_from(case: Case, name: str, *, sees_own: bool = False) -> None:
    """Their roles keep all else."""
    own = [PricingPermission.VIEW_BILL_RATES_OWN] if sees_own else []
    membership_id = case.firm.actors[name].membership_id
    for role in Role.objects.filter(member_links__membership_id=membership_id):
        role.permissions = [*(p for p in role.permissions if p not in HIDDEN), *own]
        role.save()


def blind(case: Case, name: str = "fay"):
    actor = case.firm.actors[name]
    return type(actor)(
        actor.user_id, actor.membership_id, actor.tenant_id, actor.permissions - HIDDEN
    )


def invoice_of(case: Case) -> Invoice:
    post_days(case, 3)
    [draft] = propose(case)
    return confirm(case, draft)


def pages(case: Case, invoice: Invoice) -> list[str]:
    payment = payments.record_payment(
        request_key="p", account_id=invoice.account_id, legal_entity_id=invoice.legal_entity_id,
        received_on=ON, amount=Decimal("3600.00"), currency="EUR",
        chosen=[Chosen(invoice.pk, Decimal("3000.00"))], actor=case.fay, at=AT,
    )  # fmt: skip
    return [
        f"billing/invoices/{invoice.pk}/",
        *(
            f"billing/{name}/?view=all{more}"
            for name in ("invoices", "receivables", "proposals", "milestones")
            for more in ("", "&export=csv", "&sort=-net_amount")
        ),
        f"billing/payments/{payment.pk}/",
        f"billing/contracts/{case.work.contract.pk}/",
    ]


@pytest.mark.parametrize(("sees", "owns"), [(True, False), (False, False), (False, True)])
def test_on_every_page(case: Case, sees: bool, owns: bool) -> None:
    """All of it to who sees all rates, or those of their own contracts; nothing to the others."""
    invoice = invoice_of(case)
    if owns:
        Contract.objects.update(owner_id=case.fay.membership_id)
    paths = pages(case, invoice)
    if not sees:
        keep_rates_from(case, "fay", sees_own=True)
    client = case.firm.client("fay")
    shown = []
    for path in paths:
        answer = client.get(case.firm.url(path))
        if answer.status_code == 404:
            continue
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        # What was received of a customer is no amount of a contract.
        text = content.decode().replace("3,600.00", "", path.startswith("billing/payments/") and 9)
        if any(figure in text for figure in FIGURES):
            shown.append(path)
    assert bool(shown) is (sees or owns), shown


def test_by_the_api(case: Case) -> None:
    invoice = invoice_of(case)
    keep_rates_from(case, "bill")
    caller = Caller(token_of(case.firm, "bill"))
    one = caller.get(f"/invoices/{invoice.pk}")
    amounts = ("net_amount", "tax_amount", "total_amount", "open_amount")
    assert [one[name] for name in amounts] == [None] * 4
    assert {tax["tax_amount"] for tax in one["taxes"]} == {None}
    for order in ("", "?sort=-total_amount"):
        [row] = caller.get(f"/invoices{order}")["items"]
        assert (row["number"], row["total_amount"]) == (invoice.number, None)


def test_refusals_name_none(case: Case) -> None:
    invoice = invoice_of(case)
    receivable_moves.withhold_retention(
        invoice_id=invoice.pk, amount=Decimal(180), moved_on=ON, request_key="w",
        actor=case.bill, at=AT,
    )  # fmt: skip
    actor = blind(case)
    common = {"invoice_id": invoice.pk, "amount": Decimal(9999), "moved_on": ON, "actor": actor}
    refusals = []
    for move in (
        lambda: receivable_moves.release_retention(**common, request_key="r", at=AT),
        lambda: receivable_moves.write_off(**common, request_key="o", reason="x", at=AT),
        lambda: payments.record_payment(
            request_key="p", account_id=invoice.account_id,
            legal_entity_id=invoice.legal_entity_id, received_on=ON, amount=Decimal(9999),
            currency="EUR", chosen=[Chosen(invoice.pk, Decimal(9999))], actor=actor, at=AT,
        ),
    ):  # fmt: skip
        with pytest.raises(DomainError, match="Less") as refused:
            move()
        refusals.append(refused.value.message)
    assert not [text for text in refusals if "180" in text or "3,420" in text or "3420" in text]


def test_who_sees_none_credits_none(case: Case) -> None:
    """The form shows what stands of each line."""
    invoice = invoice_of(case)
    with pytest.raises(PermissionDenied, match="shows its prices"):
        credits.creditable(invoice_id=invoice.pk, actor=blind(case))
    keep_rates_from(case, "bill")
    form = case.firm.client("bill").get(case.firm.url(f"billing/invoices/{invoice.pk}/credit/"))
    assert form.status_code == 403
    assert not any(figure in form.content.decode() for figure in FIGURES)


def test_leakage_is_valued_for_ones_own_contracts_alone(case: Case) -> None:
    post_days(case, 1)
    keep_rates_from(case, "fay", sees_own=True)
    client, url = case.firm.client("fay"), case.firm.url("billing/leakage/?view=unbilled")
    Contract.objects.update(owner_id=case.bill.membership_id)
    hidden = client.get(url).content
    assert b"Draft the invoice" in hidden and b"1,000.00" not in hidden
    Contract.objects.update(owner_id=case.fay.membership_id)
    assert b"1,000.00" in client.get(url).content
