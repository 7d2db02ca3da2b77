"""Where customers are asked to pay to."""

import io
from datetime import date

from pypdf import PdfReader

from billing.services.statements import as_pdf
from psa.core.org.models import LegalEntity
from psa.core.org.services import entity_accounts
from tests.billing.scenario import AT, Case, confirm, post_days, propose
from tests.billing.test_statement import page_of

MAIN, EURO = "GB33BUKB20201555555555", "DE89370400440532013000"


def test_an_invoice_and_a_statement_name_the_account_of_their_currency(case: Case) -> None:
    entity = case.firm.entities["UK"]
    LegalEntity.objects.filter(pk=entity.pk).update(bank_iban=MAIN)
    for number, currency in ((EURO, "EUR"), ("DE02120300000000202051", "USD")):
        entity_accounts.save_account(
            account_id=None, legal_entity_id=entity.pk, name=currency, currency=currency,
            bank_name="Isar", number=number, bic="", is_default=currency == "USD",
            actor=case.firm.actors["ada"], at=AT,
        )  # fmt: skip
    post_days(case)
    [draft] = propose(case)
    first = confirm(case, draft)
    assert (first.currency, first.snapshot["seller"]["bank_iban"]) == ("EUR", MAIN)

    euro = entity.bank_accounts.get(currency="EUR")
    entity_accounts.save_account(
        account_id=euro.pk, legal_entity_id=entity.pk, name="Euro", currency="EUR", number="",
        bank_name="Isar", bic="", is_default=True, actor=case.firm.actors["ada"], at=AT,
    )  # fmt: skip
    post_days(case)
    [draft] = propose(case, run_key="run 2")
    assert confirm(case, draft).snapshot["seller"]["bank_iban"] == EURO
    first.refresh_from_db()
    assert first.snapshot["seller"]["bank_iban"] == MAIN
    page = page_of(case, date(2026, 7, 1), date(2026, 7, 31))
    text = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(as_pdf(page))).pages)
    assert "DE89 3704 0044 0532 0130 00" in text
