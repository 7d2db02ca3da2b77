"""The page by which an administrator answers who asks for their data, or to be forgotten."""

import json
from datetime import date

from psa.core.access.models import Membership
from psa.core.audit.models import AuditEntry
from psa.core.org.models import Resource
from tests.core.access.signing_in import age_records
from tests.factories import Firm

BEN = "ben@acme.example"


def events(firm: Firm) -> list[tuple[str, str]]:
    with firm.scope():
        rows = AuditEntry.objects.filter(event__startswith="operations.person").order_by("id")
        return list(rows.values_list("event", "actor__name"))


def test_shows_what_is_kept_and_hands_out_a_copy_that_the_trail_knows(acme: Firm) -> None:
    ada, url = acme.client("ada"), acme.url("personal-data/")
    page = ada.post(url, {"email": BEN, "action": "look"}).content.decode()
    assert "Kept about ben@acme.example" in page
    assert "can still sign in" in page
    assert events(acme) == []
    copy = ada.post(url, {"email": BEN, "action": "copy"})
    assert "attachment" in copy["Content-Disposition"]
    assert json.loads(copy.content)["about"]["org.Resource"][0]["name"] == "Ben"
    assert {event for event, _ in events(acme)} == {"operations.person_copied"}
    assert {name for _, name in events(acme)} == {"Ada"}


def test_forgets_who_has_left_once_the_address_is_typed_again(acme: Firm) -> None:
    ada, url = acme.client("ada"), acme.url("personal-data/")
    forget = {"email": BEN, "again": BEN, "action": "forget"}
    refused = ada.post(url, forget)
    assert refused.status_code == 422
    assert "can still sign in" in refused.content.decode()
    with acme.scope():
        Membership.objects.filter(email=BEN).update(is_active=False)
        Resource.objects.filter(email=BEN).update(employed_until=date(2026, 7, 1))
    assert ada.post(url, {**forget, "again": "ben@acme"}).status_code == 422
    assert ada.post(url, forget).status_code == 302
    with acme.scope():
        assert not Membership.objects.filter(email=BEN).exists()
    assert {event for event, _ in events(acme)} == {"operations.person_forgotten"}
    assert "Nobody is kept" in ada.post(url, {"email": BEN, "action": "look"}).content.decode()


def test_asks_again_who_it_is_and_is_for_administrators_alone(acme: Firm) -> None:
    url = acme.url("personal-data/")
    assert acme.client("fay").get(url).status_code == 404
    ada = acme.client("ada")
    assert ada.get(url).status_code == 200
    age_records(ada, 3600)
    assert ada.get(url)["Location"].startswith("/accounts/reauthenticate/")


def test_an_address_of_another_firm_is_nobodys_here(acme: Firm, globex: Firm) -> None:
    answer = acme.client("ada").post(
        acme.url("personal-data/"), {"email": "otto@globex.example", "action": "copy"}
    )
    assert answer.status_code == 422
    assert "Nobody is kept" in answer.content.decode()
