"""Reminding of overdue invoices: who may, by which way, and in how many queries."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import DunningNotice, Invoice, InvoiceBalance, InvoiceDelivery
from billing.permissions import BillingPermission
from billing.services import dunning
from billing.services.dunning import LevelInput, NotToBeDunned
from psa.core.access.models import Role
from psa.core.audit.models import AuditEntry
from psa.core.errors import NotFound, PermissionDenied
from psa.core.jobs.models import JobRun
from psa.core.money.models import FxRate
from sales.models import Account, Contract
from tests.billing.scenario import AT, Case, confirm, post_days, propose
from tests.edges.api.callers import Caller, token_of

pytestmark = pytest.mark.django_db
LATE = date(2026, 9, 10)


@pytest.fixture
def overdue(case: Case) -> Case:
    """The firm charges GBP 20 at its first level; EUR 1 is GBP 0.80 on the day."""
    FxRate.objects.create(
        tenant_id=case.fay.tenant_id, from_currency="EUR", to_currency="GBP", on=LATE,
        rate=Decimal("0.8"),
    )  # fmt: skip
    dunning.set_levels(
        levels=[LevelInput(7, "Please pay.", Decimal(20))], actor=case.firm.actors["ada"], at=AT
    )
    return case


def invoice_of(case: Case, *, mail: str = "ap@kessler.example") -> Invoice:
    Contract.objects.filter(pk=case.work.contract.pk).update(bill_to_email=mail)
    Account.objects.filter(pk=case.work.contract.account_id).update(email=mail)
    post_days(case, 1)
    [draft] = propose(case, run_key=f"run {Invoice.objects.count()}")
    return confirm(case, draft)


def take_right_from(case: Case, name: str, permission: str) -> None:
    membership_id = case.firm.actors[name].membership_id
    for role in Role.objects.filter(member_links__membership_id=membership_id):
        role.permissions = [p for p in role.permissions if p != permission]
        role.save()


def told(invoice: Invoice) -> list[str]:
    rows = AuditEntry.objects.filter(record_type="billing.Invoice", record_id=invoice.pk)
    return list(rows.filter(event="billing.invoice.dunned").values_list("sentence", flat=True))


def test_by_mail_where_there_is_an_address_and_by_hand_elsewhere(overdue: Case) -> None:
    mailed, by_hand = invoice_of(overdue), invoice_of(overdue, mail="")
    with pytest.raises(NotToBeDunned, match="not overdue"):
        dunning.raise_many(
            invoice_ids=[mailed.pk], today_on=mailed.due_on, actor=overdue.fay, at=AT
        )
    made = dunning.raise_many(
        invoice_ids=[by_hand.pk, mailed.pk], today_on=LATE, actor=overdue.fay, at=AT
    )
    assert [notice.recipient for notice in made] == ["ap@kessler.example", ""]
    assert [row.invoice_id for row in InvoiceDelivery.objects.all()] == [mailed.pk]
    assert told(mailed) == ["Reminded at level 1, 41 days overdue, by e-mail to ap@kessler.example"]
    assert told(by_hand) == ["Reminded at level 1, 41 days overdue, to be sent by hand"]
    assert {row.open_amount for row in InvoiceBalance.objects.all()} == {1225}
    assert JobRun.objects.filter(title="Send 1 reminder").exists()


def test_page_and_api_say_by_which_way(overdue: Case, settings: object) -> None:
    settings.PSA_NOW = AT.replace(month=9, day=10)  # type: ignore[attr-defined]
    mailed, by_hand = invoice_of(overdue), invoice_of(overdue, mail="")
    client, url = overdue.firm.client("fay"), overdue.firm.url("billing/reminders/send/")
    assert b"Remind" in client.get(overdue.firm.url("billing/reminders/")).content
    page = client.post(url, {"selected": [by_hand.pk]}, follow=True)
    assert f"{by_hand.number}, to be sent by hand" in page.content.decode()
    answer = Caller(token_of(overdue.firm, "fay")).post(
        "/reminders", {"invoice_ids": [mailed.pk]}, status=201
    )
    [row] = answer["reminders"]
    assert (row["invoice_id"], row["recipient"]) == (mailed.pk, "ap@kessler.example")


@pytest.mark.parametrize("missing", [BillingPermission.CONFIRM, BillingPermission.RECORD_PAYMENT])
def test_refuses_who_may_not_charge_or_not_send(overdue: Case, missing: str) -> None:
    """Nothing is recorded of a reminder that would not go out."""
    invoice = invoice_of(overdue)
    take_right_from(overdue, "fay", missing)
    fay = overdue.firm.client("fay")
    listed = fay.get(overdue.firm.url("billing/reminders/"))
    assert b"reminders/send/" not in listed.content
    answer = fay.post(overdue.firm.url("billing/reminders/send/"), {"selected": [invoice.pk]})
    assert answer.status_code in (403, 404)
    caller = Caller(token_of(overdue.firm, "fay"))
    refused = caller.call("POST", "/reminders", {"invoice_ids": [invoice.pk]})
    assert refused.status_code in (403, 404)
    assert not DunningNotice.objects.exists()


def test_refuses_who_does_not_see_the_prices_that_the_e_mail_carries(overdue: Case) -> None:
    invoice = invoice_of(overdue)
    take_right_from(overdue, "fay", "pricing.view_bill_rates")
    fay = overdue.firm.actors["fay"]
    blind = type(fay)(
        fay.user_id, fay.membership_id, fay.tenant_id,
        fay.permissions - {"pricing.view_bill_rates"},
    )  # fmt: skip
    with pytest.raises(PermissionDenied, match="shows prices"):
        dunning.raise_dunning(invoice_id=invoice.pk, today_on=LATE, actor=blind, at=AT)
    with pytest.raises(NotFound):
        dunning.raise_dunning(invoice_id=10**9, today_on=LATE, actor=fay, at=AT)


def test_the_number_of_queries_does_not_grow_with_the_invoices(overdue: Case) -> None:
    invoices = [invoice_of(overdue).pk for _ in range(5)]

    def queries(ids: list[int]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            dunning.raise_many(invoice_ids=ids, today_on=LATE, actor=overdue.fay, at=AT)
        return len(found)

    assert queries(invoices[1:]) == queries(invoices[:1])
