"""Pages of what the books need: categories, posting profiles, tax codes."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import TaxCode, TaxRate
from psa.core.audit.models import AuditEntry
from psa.core.ledger.models import LedgerAccount, PostingProfile
from psa.core.org.models import TransactionCategory
from tests.factories import Firm

CATEGORY = {
    "code": "visa",
    "name": "Visa fees",
    "transaction_class": "expense",
    "revenue_account_code": "4000",
    "cost_account_code": "5010",
    "receipt_required_over": "25",
    "is_active": "on",
}


def test_keeps_categories_with_their_accounts(acme: Firm) -> None:
    ada = acme.client("ada")
    new = acme.url("setup/categories/new/")
    assert ada.post(new, CATEGORY).status_code == 302
    assert ada.post(new, CATEGORY).status_code == 422  # the code is taken
    with acme.scope():
        row = TransactionCategory.objects.get(code="visa")
        assert row.receipt_required_over == 25
    url = acme.url(f"setup/categories/{row.pk}/")
    assert ada.get(url).status_code == 200
    assert ada.post(url, {**CATEGORY, "transaction_class": "fee"}).status_code == 422
    assert ada.post(url, {**CATEGORY, "cost_account_code": "9999"}).status_code == 422
    assert ada.post(url, {**CATEGORY, "is_active": ""}).status_code == 302
    with acme.scope():
        assert not TransactionCategory.objects.get(pk=row.pk).is_active
        entry = AuditEntry.objects.filter(event="org.category_saved").latest("id")
        assert entry.changes == {"is_active": ["True", "False"]}
    assert "Visa fees" in ada.get(acme.url("setup/categories/")).content.decode()


def test_maps_a_line_more_closely_and_takes_it_back(acme: Firm) -> None:
    ada = acme.client("ada")
    with acme.scope():
        account = LedgerAccount.objects.get(code="4100")
        general = PostingProfile.objects.get(slot="revenue", event="")
    data = {
        "slot": "revenue",
        "account": account.pk,
        "event": "invoice",
        "legal_entity": acme.entities["DE"].pk,
    }
    assert ada.post(acme.url("setup/profiles/new/"), data).status_code == 302
    assert ada.post(acme.url("setup/profiles/new/"), data).status_code == 422
    with acme.scope():
        made = PostingProfile.objects.get(account=account, event="invoice")
    assert "4100 Fee income" in ada.get(acme.url("setup/profiles/")).content.decode()
    assert ada.get(acme.url(f"setup/profiles/{made.pk}/")).status_code == 200
    assert ada.post(acme.url(f"setup/profiles/{general.pk}/remove/")).status_code == 422
    assert ada.post(acme.url(f"setup/profiles/{made.pk}/remove/")).status_code == 302
    with acme.scope():
        assert not PostingProfile.objects.filter(pk=made.pk).exists()


def test_dates_the_rate_of_a_tax_code_and_moves_the_default(acme: Firm) -> None:
    ada = acme.client("ada")
    entity = acme.entities["UK"].pk
    data = {
        "legal_entity": entity,
        "code": "UK25",
        "name": "VAT 25 %",
        "treatment": "standard",
        "is_default": "on",
    }
    assert ada.post(acme.url("setup/tax-codes/new/"), data).status_code == 302
    with acme.scope():
        made = TaxCode.objects.get(code="UK25")
        assert not TaxCode.objects.get(code="UK20").is_default
    url = acme.url(f"setup/tax-codes/{made.pk}/")
    assert "No rate yet" in ada.get(url).content.decode()
    rate = {"tax_percent": "25", "valid_from": "2026-07-01"}
    assert ada.post(f"{url}rate/", {**rate, "tax_percent": "101"}).status_code == 422
    assert ada.post(f"{url}rate/", rate).status_code == 302
    with acme.scope():
        [known] = TaxRate.objects.filter(tax_code=made)
        assert (known.tax_percent, known.valid_from) == (Decimal(25), date(2026, 7, 1))
    # An entity is never left without a default.
    assert ada.post(url, {**data, "is_default": ""}).status_code == 422


@pytest.mark.parametrize("name", ["ben", "priya", "bill"])
def test_does_not_exist_for_others(acme: Firm, name: str) -> None:
    client = acme.client(name)
    for path in ("categories/", "profiles/", "tax-codes/", "tax-codes/new/"):
        assert client.get(acme.url(f"setup/{path}")).status_code == 404, path


def test_lets_finance_read_but_not_change(acme: Firm) -> None:
    fay = acme.client("fay")
    assert fay.get(acme.url("setup/profiles/")).status_code == 200
    assert fay.get(acme.url("setup/tax-codes/")).status_code == 200
    assert fay.get(acme.url("setup/profiles/new/")).status_code == 404


def test_keeps_the_chart_of_accounts(acme: Firm, django_assert_max_num_queries: object) -> None:
    ada = acme.client("ada")
    new = {"code": "5950", "name": "Training", "kind": "expense"}
    assert ada.post(acme.url("setup/accounts/new/"), new).status_code == 302
    assert ada.post(acme.url("setup/accounts/new/"), new).status_code == 422
    with acme.scope():
        made = LedgerAccount.objects.get(code="5950").pk
        bank = LedgerAccount.objects.get(code="1000").pk
    url = acme.url(f"setup/accounts/{made}/")
    assert "Training" in ada.get(url).content.decode()
    assert ada.post(url, {**new, "name": "Courses", "is_monetary": "on"}).status_code == 422
    assert ada.post(url, {**new, "name": "Courses"}).status_code == 302
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        listed = ada.get(acme.url("setup/accounts/")).content.decode()
    assert "Courses" in listed
    told = ada.post(acme.url("setup/accounts/remove/"), {"selected": [made, bank]})
    assert "A posting profile names 1000 Bank" in told.content.decode()
    with acme.scope():
        assert not LedgerAccount.objects.filter(pk=made).exists()
        assert LedgerAccount.objects.filter(pk=bank).exists()


def test_finance_sees_the_chart_and_changes_nothing(acme: Firm) -> None:
    fay, ben = acme.client("fay"), acme.client("ben")
    listed = fay.get(acme.url("setup/accounts/")).content.decode()
    assert "Service revenue" in listed
    assert "New account" not in listed
    assert fay.post(acme.url("setup/accounts/new/"), {}).status_code in (403, 404)
    assert ben.get(acme.url("setup/accounts/")).status_code in (403, 404)
