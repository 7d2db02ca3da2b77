"""Error pages: between the firm's navigation for a member, and silent about it for a stranger."""

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import path

from psa import tenant_urls
from psa.core.errors import PermissionDenied
from psa.core.org.models import Resource
from psa.core.web.models import PersonalSettings
from tests.factories import Firm

NAVIGATION = 'id="psa-nav"'


def refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("You may not close this period.")


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError("a fault of ours")


# A firm's addresses, and two that go wrong.
urlpatterns = [*tenant_urls.urlpatterns, path("refused/", refuse), path("failed/", fail)]
handler403, handler404 = tenant_urls.handler403, tenant_urls.handler404
handler500 = tenant_urls.handler500


def test_a_member_finds_the_way_on_and_a_stranger_learns_nothing(acme: Firm, globex: Firm) -> None:
    ben, missing = acme.client("ben"), acme.url("no/such/page/")
    with CaptureQueriesContext(connection) as asked:
        answer = ben.get(missing)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert NAVIGATION in page and f'href="{acme.url("search/")}"' in page
    assert len(asked) <= 8, [one["sql"][:90] for one in asked.captured_queries]
    closed = ben.get(acme.url("channels/"))  # which is not his
    assert closed.status_code == 404 and NAVIGATION in closed.content.decode()
    with acme.scope():
        PersonalSettings.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["ben"].membership_id, language="de"
        )
    assert "Hier ist nichts" in ben.get(missing).content.decode()
    sentence = ben.get(missing, headers={"HX-Request": "true"}).content.decode()
    assert sentence.startswith("Die Adresse") and "<" not in sentence

    stranger = globex.client("otto")
    for page in ("no/such/page/", "", "channels/"):
        told = stranger.get(acme.url(page))
        assert told.status_code == 404
        text = told.content.decode()
        assert NAVIGATION not in text and acme.tenant.name not in text


def test_who_is_no_staff_is_told_so_where_the_menu_leads(acme: Firm) -> None:
    ben = acme.client("ben")
    with acme.scope():
        Resource.objects.filter(pk=acme.resources["ben"].pk).update(membership=None)
    closed = ben.get(acme.url("time/"))
    page = closed.content.decode()
    assert closed.status_code == 404 and NAVIGATION in page
    assert "not set up as a person who books time" in page
    # Every page asks for the timer; that is no error there.
    assert ben.get(acme.url("time/timer/")).status_code == 204


def test_a_refusal_says_who_can_help_and_a_failure_asks_nothing(acme: Firm, settings: Any) -> None:
    settings.TENANT_URLCONF = __name__
    ada = acme.client("ada")
    ada.raise_request_exception = False
    refused = ada.get(acme.url("refused/"))
    text = refused.content.decode()
    assert refused.status_code == 403 and NAVIGATION in text
    assert "You may not close this period." in text and "An administrator of your" in text
    with CaptureQueriesContext(connection) as plain:
        ada.get(acme.url("refused/"), headers={"HX-Request": "true"})
    with CaptureQueriesContext(connection) as asked:
        failed = ada.get(acme.url("failed/"))
    text = failed.content.decode()
    assert failed.status_code == 500 and NAVIGATION not in text
    assert f'href="{acme.url("")}"' in text
    assert len(asked) <= len(plain)  # what signs in and opens the firm; the page itself has none
