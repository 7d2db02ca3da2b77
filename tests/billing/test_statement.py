"""Statements of account: what was open, what moved it, what is open by age."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.models import Invoice, InvoiceBalance, StatementDelivery
from billing.rules.statement import Entry, EntryKind, statement
from billing.rules.types import Remainder
from billing.selectors import statements
from billing.services import credits, payments, receivable_moves, statement_mails
from billing.services.statements import as_pdf
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.notifications import mailing
from psa.core.notifications.models import Notification
from psa.core.org.models import TenantParameters
from sales.models import Account
from tests.billing.scenario import AT, Case, confirm, make_case, post_days, propose
from tests.edges.api.callers import caller

JULY, AUGUST = date(2026, 7, 1), date(2026, 8, 1)


def pay(case: Case, amount: str, on: date, key: str) -> None:
    payments.record_payment(
        request_key=key, account_id=case.work.account.pk,
        legal_entity_id=case.firm.entities["UK"].pk, received_on=on, amount=Decimal(amount),
        currency="EUR", reference=f"ref {key}", actor=case.fay, at=AT,
    )  # fmt: skip


def account_of(case: Case) -> Invoice:
    """EUR 3,600.00 of 1 July; 1,200.00 credited, 1,000.00 paid, 40.00 written off on 9 July."""
    TenantParameters.objects.update(write_off_limit_amount=1000)
    post_days(case, 3)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    line = min(credits.standing_rows(invoice))
    credits.credit_invoice(
        invoice_id=invoice.pk, lines=[credits.CreditLine(line, Decimal(0), Remainder.WRITE_OFF)],
        reason="wrong day", credited_on=date(2026, 7, 5), at=AT, actor=case.bill,
    )  # fmt: skip
    pay(case, "1000", date(2026, 7, 7), "first")
    receivable_moves.write_off(
        invoice_id=invoice.pk, amount=Decimal(40), reason="small", moved_on=date(2026, 7, 9),
        request_key="w", actor=case.fay, at=AT,
    )  # fmt: skip
    return invoice


def page_of(case: Case, from_on: date | None, until_on: date) -> statements.StatementPage:
    return statements.statement_page(
        actor=case.fay, account_id=case.work.account.pk, from_on=from_on, until_on=until_on
    )


@pytest.mark.django_db
def test_tells_what_moved_the_account_and_what_is_open_by_age(
    case: Case, django_assert_num_queries: object
) -> None:
    invoice = account_of(case)
    with django_assert_num_queries(11):  # type: ignore[operator]
        found = page_of(case, JULY, invoice.due_on + timedelta(days=40)).statement
    assert [(row.entry.kind.value, row.entry.amount, row.balance) for row in found.rows] == [
        ("invoice", 3600, 3600), ("credit_note", -1200, 2400), ("payment", -1000, 1400),
        ("write_off", -40, 1360),
    ]  # fmt: skip
    assert (found.opening, found.invoiced, found.credited, found.paid, found.other) == (
        0, 3600, -1200, -1000, -40,
    )  # fmt: skip
    assert found.closing == InvoiceBalance.objects.get(invoice=invoice).open_amount == 1360
    assert (found.ageing.days_60, found.ageing.total) == (1360, 1360)


@pytest.mark.django_db
def test_stands_as_it_stood_on_an_earlier_day(case: Case) -> None:
    account_of(case)
    sixth = page_of(case, JULY, date(2026, 7, 6)).statement
    assert (sixth.closing, sixth.ageing.not_due) == (2400, 2400)
    later = page_of(case, date(2026, 7, 7), date(2026, 7, 31)).statement
    assert (later.opening, len(later.rows), later.closing) == (2400, 2, 1360)


@pytest.mark.django_db
def test_names_money_that_was_set_against_no_invoice(case: Case) -> None:
    account_of(case)
    pay(case, "2000", date(2026, 7, 9), "too much")
    found = page_of(case, None, date(2026, 7, 31))
    assert found.statement.from_on == date(2026, 5, 1)
    assert (found.statement.closing, found.statement.ageing.unallocated) == (-640, -640)
    assert found.statement.ageing.total == -640


@pytest.mark.django_db
def test_is_of_who_was_invoiced_and_for_who_sees_prices(case: Case) -> None:
    empty = page_of(case, JULY, AUGUST)
    assert (empty.currency, empty.statement.rows, empty.statement.closing) == ("EUR", (), 0)
    account_of(case)
    with pytest.raises(NotFound, match="never invoiced there"):
        statements.statement_page(
            actor=case.fay, account_id=case.work.account.pk, until_on=AUGUST, currency="USD"
        )
    with pytest.raises(DomainError, match="after the last"):
        page_of(case, AUGUST, JULY)


@pytest.mark.django_db
def test_is_a_page_three_files_and_an_answer_of_the_api(settings: object) -> None:
    settings.PSA_NOW = AT  # type: ignore[attr-defined]
    case = make_case()
    with case.scope():
        account_of(case)
    fay = case.firm.client("fay")
    path = case.firm.url(f"billing/customers/{case.work.account.pk}/statement/")
    shown = fay.get(f"{path}?from_on=2026-07-01&until_on=2026-07-31").content.decode()
    for text in ("1,360.00", "Closing balance", "ref first", "Written off"):
        assert text in shown
    wrong = fay.get(f"{path}?from_on=2026-08-01&until_on=2026-07-01")
    assert wrong.status_code == 422
    assert "The first day is after the last." in wrong.content.decode()
    assert fay.get(f"{path}?ledger=7").status_code == 422
    file = f"{path}file/?from_on=2026-07-01&until_on=2026-07-31&as="
    table = fay.get(f"{file}csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["What"], row["Amount"], row["Balance"]) for row in rows][-2:] == [
        ("Written off", "-40.0000", "1360.0000"), ("Closing balance", "", "1360.0000"),
    ]  # fmt: skip
    assert fay.get(f"{file}xlsx").content.startswith(b"PK")
    made = fay.get(f"{file}pdf")
    assert made.content.startswith(b"%PDF")
    assert made["Content-Disposition"].endswith('-uk-eur-2026-07-31.pdf"')
    assert fay.get(f"{file}pdf").content == made.content
    assert fay.get(f"{file}exe").status_code == 404
    assert case.firm.client("ben").get(path).status_code in (403, 404)
    answer = caller(case.firm, "fay").get(
        f"/accounts/{case.work.account.pk}/statement?from_on=2026-07-07&until_on=2026-07-31"
    )
    found = answer["statement"]
    assert (Decimal(found["opening"]), Decimal(found["closing"])) == (2400, 1360)
    assert [row["entry"]["kind"] for row in found["rows"]] == ["payment", "write_off"]
    assert answer["legal_entity"]["id"] == case.firm.entities["UK"].pk


@pytest.mark.django_db
def test_is_in_the_language_of_the_customer(case: Case) -> None:
    account_of(case)
    Account.objects.update(language="de")
    page = page_of(case, JULY, date(2026, 7, 31))
    text = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(as_pdf(page))).pages)
    for said in (
        "Kontoauszug",
        "Anfangssaldo",
        "Gutschrift",
        "Ausgebucht",
        "31.07.2026",
        "1.360,00",
    ):
        assert said in text
    assert "Konto bei uns bis zum 31. Juli 2026" in statements.usual_message(page)
    assert statements.subject_of(page.account, page.entity).startswith("Kontoauszug von ")


def run_all() -> None:
    for pk in JobRun.objects.filter(state="queued").values_list("id", flat=True):
        jobs.run_now(pk)


@pytest.mark.django_db
@pytest.mark.urls("psa.tenant_urls")
def test_is_mailed_once_as_it_stood_when_it_was_asked_for(case: Case) -> None:
    account_of(case)
    page = page_of(case, JULY, date(2026, 7, 31))
    asked = {
        "page": page, "recipients": ["ap@kessler.example"], "message": "Dear Kessler",
        "request_key": "k", "actor": case.fay, "at": AT,
    }  # fmt: skip
    [delivery] = statement_mails.send_statement(**asked)
    assert statement_mails.send_statement(**asked) == [delivery]
    pay(case, "100", date(2026, 7, 9), "meanwhile")
    run_all()
    [message] = [one for one in mail.outbox if "Statement" in one.subject]
    assert message.to == ["ap@kessler.example"]
    [(name, content, _)] = message.attachments
    assert (name, content) == (f"{page.filename}.pdf", as_pdf(page))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("sent", 1)
    assert statement_mails.deliver(delivery_id=delivery.pk, actor=case.fay, at=AT) is None
    [told] = statements.deliveries_of(case.work.account.pk)
    assert (told.state, told.recipient) == ("sent", "ap@kessler.example")


@pytest.mark.django_db
@pytest.mark.urls("psa.tenant_urls")
def test_waits_for_a_mail_server_that_is_away_and_tells_of_a_failure(
    case: Case, settings: object
) -> None:
    account_of(case)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    [delivery] = statement_mails.send_statement(
        page=page_of(case, JULY, date(2026, 7, 31)), recipients=["ap@kessler.example"],
        message="Dear", request_key="k", actor=case.fay, at=AT,
    )  # fmt: skip
    run_all()
    delivery.refresh_from_db()
    assert (delivery.state, statements.waiting_ids()) == ("waiting", [delivery.pk])
    for _ in range(mailing.MAX_ATTEMPTS):
        statement_mails.deliver(delivery_id=delivery.pk, actor=case.fay, at=AT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcome) == (
        "failed", "The mail server did not answer 12 times",
    )  # fmt: skip
    [told] = Notification.objects.filter(event="billing.statement.not_sent")
    assert told.membership_id == case.fay.membership_id
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]
    statement_mails.retry_statement(delivery_id=delivery.pk, actor=case.fay, at=AT)
    run_all()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("sent", 1)
    with pytest.raises(Conflict):
        statement_mails.retry_statement(delivery_id=delivery.pk, actor=case.fay, at=AT)
    with pytest.raises(PermissionDenied):
        statement_mails.retry_statement(
            delivery_id=delivery.pk, actor=case.firm.actors["ben"], at=AT
        )


@pytest.mark.django_db
def test_is_sent_from_its_page_and_by_the_api(settings: object) -> None:
    settings.PSA_NOW = AT  # type: ignore[attr-defined]
    case = make_case()
    with case.scope():
        account_of(case)
    entity = case.firm.entities["UK"].pk
    fay = case.firm.client("fay")
    path = case.firm.url(f"billing/customers/{case.work.account.pk}/statement/send/")
    asked = f"{path}?ledger={entity}-EUR&from_on=2026-07-01&until_on=2026-07-31"
    assert "up to 31 July 2026" in fay.get(asked).content.decode()
    data = {"request_key": "k", "recipients": "nobody", "message": "Dear"}
    assert fay.post(asked, data).status_code == 422
    assert fay.post(asked, data | {"recipients": "ap@kessler.example"}).status_code == 302
    body = {
        "legal_entity_id": entity, "currency": "EUR", "from_on": "2026-07-01",
        "until_on": "2026-07-31", "recipients": ["ap@kessler.example"], "message": "Dear",
    }  # fmt: skip
    api = caller(case.firm, "fay")
    where = f"/accounts/{case.work.account.pk}/statement/send"
    first = api.post(where, body, idempotency_key="once")
    assert first == api.post(where, body, idempotency_key="once")
    assert [one["state"] for one in first["deliveries"]] == ["waiting"]
    with case.scope():
        assert StatementDelivery.objects.count() == 2
        waiting = StatementDelivery.objects.order_by("id")[0]
    shown = fay.get(case.firm.url(f"billing/customers/{case.work.account.pk}/statement/"))
    assert "Try again now" in shown.content.decode()
    again = case.firm.url(f"billing/statements/{waiting.pk}/retry/")
    assert fay.post(again).status_code == 302


@given(st.integers(0, 10**9))
def test_balances_follow_each_other_and_ageing_sums_to_the_closing_balance(seed):
    rng = Random(seed)
    opening = rng.randint(-(10**9), 10**9)
    moves = [(rng.randint(0, 30), rng.randint(-(10**8), 10**8)) for _ in range(rng.randint(0, 12))]
    items = [
        (rng.randint(-200, 200), rng.randint(-(10**8), 10**8)) for _ in range(rng.randint(0, 12))
    ]
    found = statement(
        opening=Decimal(opening) / 100,
        entries=[
            Entry(JULY + timedelta(days=on), EntryKind.INVOICE, str(n), Decimal(cents) / 100, n)
            for n, (on, cents) in enumerate(moves)
        ],
        open_items=[(AUGUST - timedelta(days=days), Decimal(cents) / 100) for days, cents in items],
        from_on=JULY,
        until_on=AUGUST,
    )
    balance = found.opening
    for row in found.rows:
        balance += row.entry.amount
        assert row.balance == balance
    assert found.ageing.total == found.closing == balance
    parts = found.invoiced + found.credited + found.paid + found.other
    assert found.opening + parts == found.closing


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0, "not_due"), (1, "days_30"), (30, "days_30"), (31, "days_60"), (60, "days_60"),
     (61, "days_90"), (90, "days_90"), (91, "older"), (900, "older")],
)  # fmt: skip
def test_ages_by_days_overdue(days, bucket):
    found = statement(
        opening=Decimal(0), entries=[], open_items=[(AUGUST - timedelta(days=days), Decimal(7))],
        from_on=JULY, until_on=AUGUST,
    )  # fmt: skip
    assert getattr(found.ageing, bucket) == 7
