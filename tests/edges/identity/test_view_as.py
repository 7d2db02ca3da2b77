"""Viewing as a member: read-only by the database, with a banner and a trail, and no borrowed rates."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from hypothesis import given
from hypothesis import strategies as st

from psa.core.access.default_roles import DEFAULT_ROLES
from psa.core.access.models import Membership, MembershipRole, Role
from psa.core.access.viewing import rights_while_viewing
from psa.core.audit.models import AuditEntry
from psa.edges.identity.middleware import SESSION_KEY
from psa.tenant_urls import urlpatterns
from tests.core.access.signing_in import age_records
from tests.factories import Firm

RIGHTS = {role.code: frozenset(role.permissions) for role in DEFAULT_ROLES}
MONEY = ("pricing.", "billing.", "revenue.", "ledger.", "sales.")


def begin(firm: Firm, as_whom: str, *, by: str = "ada") -> Client:
    client = firm.client(by)
    url = firm.url(f"access/view-as/{firm.actors[as_whom].membership_id}/")
    assert client.post(url, {"reason": "Ticket 4711"}).status_code == 302
    return client


def trail(firm: Firm) -> list[tuple[str, str]]:
    with firm.scope():
        rows = AuditEntry.objects.filter(event__startswith="access.view_as").order_by("pk")
        return [(row.event.removeprefix("access.view_as_"), row.actor.name) for row in rows]


def test_shows_what_the_member_sees_under_a_banner(acme: Firm) -> None:
    client = begin(acme, "ben")
    page = client.get(acme.url("")).content.decode()
    assert "You view as <b>Ben</b>" in page
    assert client.get(acme.url("setup/users/")).status_code == 404  # Ben does not manage users
    assert client.get(acme.url("time/")).status_code in (200, 302)
    assert trail(acme) == [("started", "Ada")]


def test_changes_nothing_and_ends_by_hand(acme: Firm) -> None:
    client = begin(acme, "ben")
    for path_ in ("time/week/2026-07-06/", "notifications/", "access/invitations/1/resend/"):
        assert client.post(acme.url(path_), {}).status_code == 403, path_
    assert client.delete(acme.url("")).status_code == 403
    assert client.post(acme.url("access/view-as/end/")).status_code == 302
    assert "You view as" not in client.get(acme.url("")).content.decode()
    assert client.get(acme.url("setup/users/")).status_code == 200
    assert trail(acme) == [("started", "Ada"), ("ended", "Ada")]


def writes_on_get(request: HttpRequest) -> HttpResponse:
    Membership.objects.update(name="Changed")
    return HttpResponse("changed")


def hands_out_a_file(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a,b", headers={"Content-Disposition": "attachment; filename=x.csv"})


@pytest.fixture
def odd_pages(settings: object) -> Iterator[None]:
    module = ModuleType("tests.odd_pages")
    odd = [path("odd/write/", writes_on_get), path("odd/file/", hands_out_a_file)]
    module.urlpatterns = [*odd, *urlpatterns]  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    settings.TENANT_URLCONF = module.__name__  # type: ignore[attr-defined]
    yield
    del sys.modules[module.__name__]


def test_the_database_refuses_what_a_page_writes_on_its_own(acme: Firm, odd_pages: None) -> None:
    client = begin(acme, "ben")
    refused = client.get(acme.url("odd/write/"))
    assert refused.status_code == 403
    assert "Not while you view" in refused.content.decode()
    with acme.scope():
        assert not Membership.objects.filter(name="Changed").exists()
    client.post(acme.url("access/view-as/end/"))
    assert client.get(acme.url("odd/write/")).status_code == 200  # writing works again


def test_hands_out_no_file(acme: Firm, odd_pages: None) -> None:
    client = begin(acme, "ben")
    assert client.get(acme.url("odd/file/")).status_code == 403


def test_ends_by_time_and_says_so_in_the_trail(acme: Firm) -> None:
    client = begin(acme, "ben")
    session = client.session
    session[SESSION_KEY] = {**session[SESSION_KEY], "until": 0}
    session.save()
    assert "You view as" not in client.get(acme.url("")).content.decode()
    assert trail(acme) == [("started", "Ada"), ("ended", "Ada")]


def test_ends_when_the_right_or_the_member_is_gone(acme: Firm) -> None:
    first, second = begin(acme, "ben"), begin(acme, "priya")
    with acme.scope():
        Membership.objects.filter(name="Ben").update(is_active=False)
    assert "You view as" not in first.get(acme.url("")).content.decode()
    with acme.scope():
        role = Role.objects.get(code="administrator")
        role.permissions.remove("access.view_as")
        role.save()
    assert "You view as" not in second.get(acme.url("")).content.decode()


def test_stays_in_its_own_firm(acme: Firm, globex: Firm) -> None:
    client = begin(acme, "ben")
    assert client.get(globex.url("")).status_code == 404
    otto = globex.client("otto")
    foreign = globex.url(f"access/view-as/{acme.actors['ben'].membership_id}/")
    assert otto.get(foreign).status_code == 404
    assert otto.post(foreign, {"reason": "x"}).status_code == 404


def test_needs_the_right_a_reason_and_a_fresh_confirmation(acme: Firm) -> None:
    url = acme.url(f"access/view-as/{acme.actors['ben'].membership_id}/")
    assert acme.client("fay").post(url, {"reason": "x"}).status_code == 404
    ada = acme.client("ada")
    assert ada.post(url, {"reason": " "}).status_code == 422
    me = acme.url(f"access/view-as/{acme.actors['ada'].membership_id}/")
    assert ada.post(me, {"reason": "x"}).status_code == 422
    age_records(ada, 3600)
    assert ada.get(url)["Location"].startswith("/accounts/reauthenticate/")


def test_shows_no_amount_that_the_viewer_may_not_see(acme: Firm) -> None:
    assert acme.client("fay").get(acme.url("ledger/actuals/")).status_code == 200
    assert acme.client("ada").get(acme.url("ledger/actuals/")).status_code == 404
    client = begin(acme, "fay")
    for path_ in ("ledger/actuals/", "billing/invoices/", "ledger/trial-balance/"):
        assert client.get(acme.url(path_)).status_code == 404, path_


def test_with_the_same_rights_over_all_sees_the_members_own(acme: Firm) -> None:
    with acme.scope():
        MembershipRole.objects.create(
            tenant=acme.tenant,
            membership_id=acme.actors["ada"].membership_id,
            role=Role.objects.get(code="practice_leader"),
        )
    client = begin(acme, "priya")
    assert "You view as <b>Priya</b>" in client.get(acme.url("projects/")).content.decode()


@pytest.mark.parametrize("viewer", RIGHTS)
@pytest.mark.parametrize("member", RIGHTS)
def test_borrows_no_right_over_money_or_people(viewer: str, member: str) -> None:
    kept = rights_while_viewing(RIGHTS[viewer], RIGHTS[member])
    assert kept <= RIGHTS[member]
    for right in kept:
        assert not right.startswith("access.")
        if right.startswith(MONEY):
            assert right.removesuffix("_own") in RIGHTS[viewer], right


@given(
    st.frozensets(st.sampled_from(sorted(set().union(*RIGHTS.values())))),
    st.frozensets(st.sampled_from(sorted(set().union(*RIGHTS.values())))),
)
def test_a_viewer_with_fewer_rights_never_sees_more(
    viewer: frozenset[str], more: frozenset[str]
) -> None:
    for member in RIGHTS.values():
        assert rights_while_viewing(viewer, member) <= rights_while_viewing(viewer | more, member)
