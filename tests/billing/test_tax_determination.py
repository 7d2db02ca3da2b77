"""Which tax an invoice carries, by who sells and who buys."""

from decimal import Decimal

import pytest

from billing.models import InvoiceTax, ProposalLine, SkippedContract, TaxCode, TaxRate
from billing.rules.tax_determination import Buyer, Seller, Supply, TaxSetupMissing, supply_of
from billing.selectors.invoice_documents import invoice_document
from billing.services import tax_codes
from psa.core.org.models import LegalEntity
from sales.models import Account
from tests.billing.scenario import AT, Case, confirm, post_days, propose

UK = Seller("Acme Ltd", "GB", "GB 123")
DE = Seller("Acme GmbH", "DE", "DE123")
IN = Seller("Acme India", "IN", "29ABCDE1234F1Z5")


@pytest.mark.parametrize(
    ("seller", "buyer", "supply"),
    [
        (UK, Buyer("Castell", "GB", ""), Supply.DOMESTIC),
        (UK, Buyer("Kessler", "DE", "DE811"), Supply.REVERSE_CHARGE),
        (UK, Buyer("Frau Roth", "DE", "", is_consumer=True), Supply.OUTSIDE_SCOPE),
        (UK, Buyer("Sundara", "IN", "29AABCS1234D1Z1"), Supply.OUTSIDE_SCOPE),
        (UK, Buyer("Vantaa", "US", ""), Supply.OUTSIDE_SCOPE),
        (DE, Buyer("Kessler", "DE", ""), Supply.DOMESTIC),
        (DE, Buyer("Lumière", "FR", "FR811"), Supply.REVERSE_CHARGE),
        (DE, Buyer("Mme Roux", "FR", "", is_consumer=True), Supply.DOMESTIC),
        (DE, Buyer("Castell", "GB", "GB811"), Supply.REVERSE_CHARGE),
        (DE, Buyer("Vantaa", "US", ""), Supply.OUTSIDE_SCOPE),
        (IN, Buyer("Sundara", "IN", "29AABCS1234D1Z1"), Supply.DOMESTIC),
        (IN, Buyer("Deccan", "IN", "36AABCD5678E1Z2"), Supply.INTERSTATE),
        (IN, Buyer("Mr Rao", "IN", "", is_consumer=True), Supply.DOMESTIC),
        (IN, Buyer("Castell", "GB", ""), Supply.OUTSIDE_SCOPE),
    ],
)
def test_decides_by_country_and_status(seller: Seller, buyer: Buyer, supply: Supply) -> None:
    assert supply_of(seller, buyer) is supply


@pytest.mark.parametrize(
    ("seller", "buyer", "named"),
    [
        (UK, Buyer("Kessler", "DE", " "), r"Kessler \(DE\) has no tax number"),
        (UK, Buyer("Kessler", "", ""), "Kessler has no country"),
        (IN, Buyer("Deccan", "IN", "AB"), "Deccan has no GST number"),
        (Seller("Acme India", "IN", ""), Buyer("D", "IN", "36A"), "Acme India has no GST number"),
    ],
)
def test_refuses_what_is_not_filled_in(seller: Seller, buyer: Buyer, named: str) -> None:
    with pytest.raises(TaxSetupMissing, match=named):
        supply_of(seller, buyer)


def customer(case: Case, **values: object) -> None:
    Account.objects.filter(pk=case.work.account.pk).update(**values)


@pytest.mark.django_db
def test_a_business_abroad_gets_reverse_charge_with_its_note_on_the_invoice(case: Case) -> None:
    customer(case, country="DE", tax_id="DE811234561")
    post_days(case)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    assert (invoice.net_amount, invoice.tax_amount) == (3000, 0)
    note = "Reverse charge: the customer accounts for VAT."
    assert invoice.snapshot["tax_notes"] == [note]
    assert invoice.snapshot["buyer"]["tax_id"] == "DE811234561"
    assert InvoiceTax.objects.get(invoice=invoice).tax_code.code == "UKRC"
    assert invoice_document(invoice).tax_notes == (note,)


@pytest.mark.django_db
def test_a_customer_in_india_is_outside_the_scope_of_uk_vat(case: Case) -> None:
    customer(case, country="IN", tax_id="29AABCS1234D1Z1")
    post_days(case)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    assert invoice.tax_amount == 0
    assert invoice.snapshot["tax_notes"][0].startswith("Outside the scope of UK VAT")


@pytest.mark.django_db
def test_between_two_states_of_india_igst_replaces_the_halves(case: Case) -> None:
    entity = case.work.contract.legal_entity
    LegalEntity.objects.filter(pk=entity.pk).update(country="IN", tax_id="29ABCDE1234F1Z5")
    TaxCode.objects.filter(legal_entity=entity).update(treatment="gst_split")
    customer(case, country="IN", tax_id="36AABCD5678E1Z2")
    made = tax_codes.save_tax_code(
        tax_code_id=None, legal_entity_id=entity.pk, code="IGST", name="IGST",
        treatment="standard", note="", is_default=False, supply="interstate",
        actor=case.firm.actors["ada"], at=AT,
    )  # fmt: skip
    TaxRate.objects.create(
        tenant_id=entity.tenant_id, tax_code=made, tax_percent=18, valid_from="2020-01-01"
    )
    post_days(case)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    assert [(t.name, t.tax_amount) for t in InvoiceTax.objects.filter(invoice=invoice)] == [
        ("IGST", Decimal(540))
    ]


@pytest.mark.django_db
def test_names_the_customer_that_lacks_a_tax_number_in_the_run(case: Case) -> None:
    customer(case, country="DE", tax_id="")
    post_days(case)
    assert propose(case) == []
    reason = SkippedContract.objects.get().reason
    assert "Kessler Maschinenbau (DE) has no tax number" in reason
    assert "say that it is a consumer" in reason


@pytest.mark.django_db
def test_names_the_entity_that_lacks_a_code(case: Case) -> None:
    customer(case, country="US")
    TaxCode.objects.filter(supply="outside_scope").delete()
    post_days(case)
    assert propose(case) == []
    assert "Acme Ltd has no tax code for supplies outside" in SkippedContract.objects.get().reason


@pytest.mark.django_db
def test_confirming_takes_the_tax_that_is_right_by_then(case: Case) -> None:
    post_days(case)
    [draft] = propose(case)
    assert {line.tax_code.code for line in ProposalLine.objects.filter(proposal=draft)} == {"UK20"}
    customer(case, country="DE", tax_id="DE811234561")
    assert confirm(case, draft).tax_amount == 0


@pytest.mark.django_db
def test_a_line_that_names_an_exempt_code_keeps_it_wherever_the_customer_is(case: Case) -> None:
    entity = case.work.contract.legal_entity
    code = TaxCode.objects.get(legal_entity=entity, code="UK0")
    TaxCode.objects.filter(pk=code.pk).update(treatment="exempt", note="Exempt: training.")
    type(case.work.time_line).objects.filter(pk=case.work.time_line.pk).update(tax_code="UK0")
    customer(case, country="DE", tax_id="DE811234561")
    post_days(case)
    [draft] = propose(case)
    assert confirm(case, draft).snapshot["tax_notes"] == ["Exempt: training."]
