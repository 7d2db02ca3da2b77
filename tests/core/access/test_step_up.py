"""Step-up: re-opening a period and bank details ask anew who it is."""

import time

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.test import Client

from psa.core.access.models import IdentityProvider, User
from psa.core.access.provider_ids import provider_id_of
from psa.core.ledger.models import FiscalPeriod
from psa.core.org.models import LegalEntity
from tests.core.access.signing_in import age_records, confirm, turn_on_app
from tests.factories import Firm

BANK = {"bank_name": "Elsewhere Bank", "bank_iban": "GB00", "bank_bic": ""}


def bank_page(firm: Firm) -> str:
    return firm.url(f"setup/entities/{firm.entities['UK'].pk}/bank/")


def stale(firm: Firm, name: str) -> Client:
    """A browser that signed in an hour ago."""
    client = firm.client(name)
    age_records(client, 3600)
    return client


def test_bank_details_ask_again_and_then_open(acme: Firm) -> None:
    ada, page = stale(acme, "ada"), bank_page(acme)
    for answer in (ada.get(page), ada.post(page, BANK)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=%2Facme%2Fsetup")
    with acme.scope():
        assert LegalEntity.objects.get(pk=acme.entities["UK"].pk).bank_name == ""
    assert confirm(ada, page)["Location"] == page
    assert ada.get(page).status_code == 200
    assert ada.post(page, BANK).status_code == 302
    with acme.scope():
        assert LegalEntity.objects.get(pk=acme.entities["UK"].pk).bank_name == "Elsewhere Bank"


def test_the_page_of_the_entity_no_longer_takes_bank_details(acme: Firm) -> None:
    ada = stale(acme, "ada")
    page = acme.url(f"setup/entities/{acme.entities['UK'].pk}/")
    data = {**BANK, "name": "Acme Ltd", "time_zone": "UTC", "language": "en"}
    assert ada.post(page, data).status_code == 302
    with acme.scope():
        assert LegalEntity.objects.get(pk=acme.entities["UK"].pk).bank_name == ""


def test_signing_in_counts_for_ten_minutes(acme: Firm) -> None:
    ada, page = acme.client("ada"), bank_page(acme)
    assert ada.get(page).status_code == 200
    age_records(ada, 599)
    assert ada.get(page).status_code == 200
    age_records(ada, 601)
    assert ada.get(page).status_code == 302


def test_htmx_is_sent_to_the_whole_page(acme: Firm) -> None:
    answer = stale(acme, "ada").post(bank_page(acme), BANK, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith("/accounts/reauthenticate/")


def test_reopening_a_period_asks_again_and_closing_does_not(acme: Firm) -> None:
    fay = stale(acme, "fay")
    with acme.scope():
        period = FiscalPeriod.objects.filter(legal_entity=acme.entities["UK"]).earliest("starts_on")
    page = acme.url(f"ledger/periods/{period.pk}/")
    closing = fay.post(page, {"state": "soft_closed", "reason": ""})
    assert closing.status_code == 302
    assert "/accounts/" not in closing["Location"]
    for answer in (fay.get(f"{page}?to=open"), fay.post(page, {"state": "open", "reason": "Late"})):
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    with acme.scope():
        assert FiscalPeriod.objects.get(pk=period.pk).state == "soft_closed"


def test_a_code_from_the_app_confirms_too(acme: Firm) -> None:
    ada = acme.client("ada")
    turn_on_app(ada)
    User.objects.filter(email="ada@acme.example").update(password="!none")
    ada = acme.client("ada")
    age_records(ada, 3600)
    assert ada.get(bank_page(acme))["Location"].startswith("/accounts/reauthenticate/")
    way = ada.get("/accounts/reauthenticate/")
    assert way["Location"].startswith("/accounts/2fa/reauthenticate/")


def test_who_has_only_a_provider_is_sent_there_and_another_firms_does_not_count(
    acme: Firm,
) -> None:
    User.objects.filter(email="ada@acme.example").update(password="!none")
    with acme.scope():
        row = IdentityProvider.objects.create(
            tenant=acme.tenant, name="Directory", issuer="https://id.example", client_id="psa",
            sealed_secret="-",
        )  # fmt: skip
    ada = acme.client("ada")

    def signed_in_by(provider: str, seconds_ago: int) -> None:
        session = ada.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "socialaccount", "provider": provider, "at": time.time() - seconds_ago}
        ]
        session["seen_at"] = {str(acme.tenant.pk): time.time()}
        session.save()

    ours = provider_id_of(acme.tenant.pk, row.pk)
    signed_in_by(ours, 10)
    assert ada.get(bank_page(acme)).status_code == 200
    signed_in_by(ours, 3600)
    assert ada.get(bank_page(acme))["Location"].startswith(f"/accounts/oidc/{ours}/login/?again=1")
    signed_in_by(provider_id_of(acme.tenant.pk + 1, row.pk), 10)
    assert ada.get(bank_page(acme)).status_code == 403  # does not even open the firm
