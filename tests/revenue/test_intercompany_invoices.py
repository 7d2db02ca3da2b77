"""Invoices between legal entities for lent work: in both books, agreed, and once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.models import TaxCode, TaxRate
from billing.rules.tax_determination import TaxSetupMissing
from psa.core.documents import selectors as stored
from psa.core.errors import DomainError, PermissionDenied
from psa.core.ledger.models import Actual, FiscalPeriod, JournalEntry, JournalLine, NumberSequence
from psa.core.ledger.rules.journals import NO_DIMENSIONS
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.services.journals import SeriesDated
from psa.core.org.models import LegalEntity
from revenue import intercompany_selectors
from revenue.lending import lending
from revenue.models import IntercompanyInvoice, IntercompanyInvoiceActual
from revenue.rules.intercompany import LentRow, in_both_books, lines_of
from revenue.services import close, intercompany_documents
from revenue.services.intercompany_invoices import NothingToInvoice, issue_invoices
from revenue.services.proofs import run_proofs
from revenue.services.revaluation import moving_balances, revalue
from tests.revenue.test_lending import (
    WEEK,
    Scene,
    approve,
    balances,
    journal,
    lend_at,
    make_lending_scene,
)
from tests.revenue.test_lending import scene as scene
from tests.timeexpense.conftest import NOW
from tests.timeexpense.test_races import at_once
from timeexpense.services import recalls

ISSUED = date(2026, 7, 31)


@pytest.fixture
def lent(scene: Scene) -> Scene:
    """Ten hours of India for the United Kingdom at 30 GBP, in both books; both entities taxed."""
    set_up_tax(scene)
    lend_at(scene, "30")
    approve(scene)
    journal(scene)
    return scene


def set_up_tax(scene: Scene, *, lender_country: str = "IN", borrower_country: str = "GB") -> None:
    india, uk = scene.firm.entities["DE"], scene.firm.entities["UK"]
    LegalEntity.objects.filter(pk=india.pk).update(country=lender_country, tax_id="29AAACA1234A1Z5")
    LegalEntity.objects.filter(pk=uk.pk).update(country=borrower_country, tax_id="GB123456789")
    TaxCode.objects.filter(legal_entity=india).delete()
    common: dict[str, Any] = {"tenant": scene.firm.tenant, "legal_entity": india}
    own = TaxCode.objects.create(code="OWN", name="Tax", is_default=True, **common)
    for code, supply in (("RC", "reverse_charge"), ("OUT", "outside_scope")):
        abroad = TaxCode.objects.create(
            code=code, name=code, treatment=supply, supply=supply, note=f"Note of {code}", **common
        )
        rate(scene, abroad, 0)
    rate(scene, own, 18)


def rate(scene: Scene, code: TaxCode, percent: int) -> None:
    TaxRate.objects.create(
        tenant=scene.firm.tenant, tax_code=code, tax_percent=percent, valid_from=date(2020, 1, 1)
    )


def issue(scene: Scene, on: date = ISSUED, until: date | None = None) -> list[IntercompanyInvoice]:
    return issue_invoices(
        worked_until_on=until or on, issued_on=on, actor=scene.actor("fay"), at=NOW
    )


def all_hold(scene: Scene, as_of: date = WEEK) -> bool:
    broken = [
        (code, proof.name)
        for code in ("UK", "DE")
        for proof in run_proofs(
            legal_entity_id=scene.firm.entities[code].pk, as_of=as_of, actor=scene.actor("fay"),
            at=NOW,
        )
        if not proof.holds
    ]  # fmt: skip
    assert broken == []
    return True


# docs/rules/ledger.md, L-18
def test_moves_what_is_accrued_in_both_books_and_reconciles(lent: Scene) -> None:
    [made] = issue(lent)
    assert (made.number, made.currency) == ("IN-IC2026-00001", "GBP")
    assert (made.net_amount, made.tax_amount, made.total_amount) == (300, 0, 300)
    assert (made.lender_entity_amount, made.borrower_entity_amount) == (30000, 300)
    books = balances()
    assert (books["IN"]["1160"], books["IN"]["1150"]) == (0, 30000)
    assert (books["UK"]["2160"], books["UK"]["2150"]) == (0, -300)
    assert made.snapshot["tax_note"] == "Note of OUT"
    # The firm owes itself nothing: what one is to receive the other is to pay.
    assert not sum(
        JournalLine.objects.filter(account__code__in=("1150", "2150")).values_list(
            "currency_amount", flat=True
        )
    )
    assert all_hold(lent)
    [owed] = lending(actor=lent.actor("fay"), as_of=WEEK).owed
    assert (owed.invoiced.amount, owed.accrued.amount, owed.difference.amount) == (300, 0, 0)


def test_adds_the_lenders_tax_which_the_borrower_recovers(lent: Scene) -> None:
    set_up_tax(lent, borrower_country="IN")
    LegalEntity.objects.filter(code="UK").update(tax_id="29BBBCB1234B1Z5")  # the same state
    [made] = issue(lent)
    assert (made.net_amount, made.tax_amount, made.total_amount) == (300, 54, 354)
    assert (made.lender_entity_amount, made.borrower_entity_amount) == (35400, 354)
    books = balances()
    assert (books["IN"]["1150"], books["IN"]["2300"]) == (35400, -5400)
    assert (books["UK"]["2150"], books["UK"]["1500"]) == (-354, 54)
    assert all_hold(lent)


def test_names_what_the_tax_lacks(lent: Scene) -> None:
    set_up_tax(lent, lender_country="DE", borrower_country="FR")
    LegalEntity.objects.filter(code="UK").update(tax_id="")
    with pytest.raises(TaxSetupMissing, match="IN cannot invoice UK.*no tax number"):
        issue(lent)
    assert not NumberSequence.objects.filter(document_type="intercompany_invoice").exists()


def test_invoices_once_and_credits_what_is_taken_back_with_the_next(lent: Scene) -> None:
    issue(lent)
    with pytest.raises(NothingToInvoice, match="posting run"):
        issue(lent)
    source_id = Actual.objects.get(actual_type="inter_organisation_sales").source_id
    recalls.grant_recall(
        kind="time", entry_id=source_id, actor=lent.actor("priya"), at=NOW, reason="Wrong"
    )
    journal(lent)
    assert all_hold(lent)
    [credit] = issue(lent)
    assert (credit.number, credit.total_amount) == ("IN-IC2026-00002", -300)
    assert balances()["IN"]["1150"] == balances()["UK"]["2150"] == 0
    assert all_hold(lent)
    [row] = lending(actor=lent.actor("fay"), as_of=WEEK).owed
    assert (row.amount.amount, row.invoiced.amount) == (0, 0)


def test_what_was_taken_back_before_it_was_invoiced_needs_none(lent: Scene) -> None:
    source_id = Actual.objects.get(actual_type="inter_organisation_sales").source_id
    recalls.grant_recall(
        kind="time", entry_id=source_id, actor=lent.actor("priya"), at=NOW, reason="Wrong"
    )
    journal(lent)
    with pytest.raises(NothingToInvoice):
        issue(lent)
    assert intercompany_selectors.waiting(as_of=WEEK) == []


def test_work_that_one_of_the_books_has_later_waits_for_it(scene: Scene) -> None:
    set_up_tax(scene)
    lend_at(scene, "30")
    FiscalPeriod.objects.filter(
        legal_entity=scene.firm.entities["DE"], starts_on__lt=date(2026, 8, 1)
    ).update(state="closed")
    approve(scene)
    journal(scene)
    with pytest.raises(NothingToInvoice):
        issue_invoices(worked_until_on=WEEK, issued_on=WEEK, actor=scene.actor("fay"), at=NOW)
    [made] = issue(scene, date(2026, 8, 3), until=WEEK)
    assert made.net_amount == 300
    assert all_hold(scene, date(2026, 8, 31))


def test_is_dated_in_an_open_period_of_both_and_never_before_the_last(lent: Scene) -> None:
    uk_july = FiscalPeriod.objects.filter(
        legal_entity=lent.firm.entities["UK"], starts_on=date(2026, 7, 1)
    )
    uk_july.update(state="closed")
    with pytest.raises(PeriodClosed), transaction.atomic():
        issue(lent)
    uk_july.update(state="open")
    with pytest.raises(DomainError, match="up to the invoice's own day"):
        issue(lent, date(2026, 7, 1), until=WEEK)
    issue(lent)
    approve(lent, minutes=60)
    journal(lent)
    with pytest.raises(SeriesDated), transaction.atomic():
        issue(lent, date(2026, 7, 30))
    [second] = issue(lent)
    assert (second.net_amount, second.lender_entity_amount) == (30, 3000)


def test_is_never_changed_and_holds_each_row_once(lent: Scene) -> None:
    [made] = issue(lent)
    rows = IntercompanyInvoiceActual.objects.filter(line__invoice=made)
    assert rows.count() == 2
    for change in (
        lambda: IntercompanyInvoice.objects.filter(pk=made.pk).update(net_amount=1),
        lambda: rows.delete(),
        lambda: IntercompanyInvoiceActual.objects.create(
            tenant=lent.firm.tenant, line=made.lines.get(), actual_id=rows.first().actual_id
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_what_was_accrued_abroad_is_no_longer_revalued(lent: Scene) -> None:
    """Nothing of a foreign accrual is left; the receivable is what the closing rate moves."""
    issue(lent)
    july = FiscalPeriod.objects.get(
        legal_entity=lent.firm.entities["DE"], starts_on=date(2026, 7, 1)
    )
    accounts = {row.gl_account_id for row in moving_balances(july)}
    codes = set(
        JournalLine.objects.filter(account_id__in=accounts).values_list("account__code", flat=True)
    )
    assert codes <= {"1150"}
    revalue(period_id=july.pk, actor=lent.actor("fay"), at=NOW)
    assert all_hold(lent)


def test_the_close_issues_them(lent: Scene) -> None:
    july = FiscalPeriod.objects.get(
        legal_entity=lent.firm.entities["DE"], starts_on=date(2026, 7, 1)
    )

    def step() -> close.Step:
        found = close.steps(period_id=july.pk, actor=lent.actor("fay"))
        return next(one for one in found if one.code == "intercompany")

    assert (step().is_done, step().action) == (True, "Invoice")
    assert "1 entity to invoice" in step().note
    later = NOW.replace(month=8)
    said = close.run_step(period_id=july.pk, code="intercompany", actor=lent.actor("fay"), at=later)
    assert said == "1 invoice issued"
    assert step().note == "none open"


def test_several_at_once_issue_one(committed_database: str) -> None:
    made = scene_of_its_own()

    def one() -> object:
        try:
            return len(issue(made))
        except NothingToInvoice:
            return 0

    assert sum(at_once(made, [one] * 5)) == 1  # type: ignore[arg-type]
    with made.firm.scope():
        assert IntercompanyInvoice.objects.count() == 1
        assert JournalEntry.objects.filter(event="intercompany_invoice").count() == 2


def scene_of_its_own() -> Scene:
    made = make_lending_scene()
    with made.firm.scope():
        set_up_tax(made)
        lend_at(made, "30")
        approve(made)
        journal(made)
    return made


def test_is_finances_and_shows_no_rate_to_others(lent: Scene) -> None:
    with pytest.raises(PermissionDenied):
        issue_invoices(worked_until_on=WEEK, issued_on=WEEK, actor=lent.actor("priya"), at=NOW)
    without = replace(
        lent.actor("fay"),
        permissions=lent.actor("fay").permissions - {"pricing.view_cost_rates"},
    )
    with pytest.raises(PermissionDenied):
        intercompany_selectors.all_invoices(actor=without)
    [made] = issue(lent)
    path = f"revenue/intercompany/invoices/{made.pk}/"
    for address in (path, f"{path}document/", "revenue/intercompany/invoices/"):
        assert lent.firm.client("priya").get(lent.firm.url(address)).status_code == 404


def test_pages_issue_show_and_trace(lent: Scene, django_assert_max_num_queries: Any) -> None:
    client, url = lent.firm.client("fay"), lent.firm.url
    page = client.get(url("revenue/intercompany/?as_of=2026-07-31")).content.decode()
    assert "Invoice lent work" in page
    answer = client.post(
        url("revenue/intercompany/invoices/new/"),
        {"worked_until_on": "2026-07-31", "issued_on": "2026-07-31", "lender_id": ""},
    )
    made = IntercompanyInvoice.objects.get()
    assert answer.status_code == 302 and str(made.pk) in answer["Location"]
    with django_assert_max_num_queries(20):
        text = client.get(url(f"revenue/intercompany/invoices/{made.pk}/")).content.decode()
    assert "IN-IC2026-00001" in text and "300.00" in text and "30,000.00" in text
    with django_assert_max_num_queries(20):
        text = client.get(url("revenue/intercompany/invoices/")).content.decode()
    assert "IN-IC2026-00001" in text
    line = made.lines.get()
    traced = client.get(url(f"revenue/intercompany/invoices/lines/{line.pk}/actuals/"))
    assert traced.status_code == 200
    again = client.post(
        url("revenue/intercompany/invoices/new/"),
        {"worked_until_on": "2026-07-31", "issued_on": "2026-07-31"},
    )
    assert again.status_code == 422 and "waits for an invoice" in again.content.decode()
    document = intercompany_documents.document_of(
        intercompany_invoice_id=made.pk, actor=lent.actor("fay"), at=NOW
    )
    assert document.content_type == "application/pdf"
    again_document = intercompany_documents.document_of(
        intercompany_invoice_id=made.pk, actor=lent.actor("fay"), at=NOW
    )
    assert again_document.pk == document.pk


def test_its_document_is_in_the_language_of_who_gets_it(lent: Scene) -> None:
    """Taken when it is issued: what the entity reads later changes nothing."""
    LegalEntity.objects.filter(pk=lent.firm.entities["UK"].pk).update(language="de")
    [made] = issue(lent)
    LegalEntity.objects.update(language="en")
    document = intercompany_documents.document_of(
        intercompany_invoice_id=made.pk, actor=lent.actor("fay"), at=NOW
    )
    pages = PdfReader(BytesIO(stored.open_content(document).read())).pages
    text = " ".join(page.extract_text() for page in pages).replace("\n", " ")
    for said in (
        "Konzerninterne Rechnung IN-IC2026-00001", "Leistungen unserer Leute für Ihre Projekte",
        "Netto", "Stunden", "30,00/Std.", "300,00", "31.07.2026", "Gesamtbetrag GBP",
    ):  # fmt: skip
        assert said in text, (said, text)
    for english in ("Intercompany", "Total", "Hours", "300.00"):
        assert english not in text, english


AMOUNTS = st.integers(-99999, 99999).map(lambda cents: Decimal(cents) / 100)


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), AMOUNTS, AMOUNTS, AMOUNTS), max_size=12
    )
)
def test_lines_sum_to_the_rows_of_both_books(rows: list[tuple[Any, ...]]) -> None:
    """Whatever the work, nothing is rounded, lost or counted twice."""
    made: list[LentRow] = []
    for n, (project, role, amount, here, there) in enumerate(rows):
        for is_lenders, value in ((True, here), (False, there)):
            made.append(
                LentRow(
                    2 * n + (not is_lenders), is_lenders, ("time_entry", n, 1, False), project,
                    role, Decimal(30), "hour", 60, amount, value, NO_DIMENSIONS,
                )
            )  # fmt: skip
    alone = replace(made[0], actual_id=-1, work=("time_entry", -1, 1, False)) if made else None
    kept = in_both_books([*made, *([alone] if alone else [])])
    assert kept == made
    lines = lines_of(kept)
    assert sum(line.net for line in lines) == sum(row[2] for row in rows)
    assert sum(line.lender_value for line in lines) == sum(row[3] for row in rows)
    assert sum(line.borrower_value for line in lines) == sum(row[4] for row in rows)
    assert sorted(pk for line in lines for pk in line.actual_ids) == list(range(2 * len(rows)))
