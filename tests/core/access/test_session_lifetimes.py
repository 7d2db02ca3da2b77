"""A session opens a firm as long as the firm says: without use, and since the last proof."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client

from psa.core.access import services as access
from psa.core.audit.models import AuditEntry
from psa.core.jobs.models import JobRun
from psa.core.tenancy.models import Tenant
from tests.core.access.signing_in import age_records, confirm, last_used, sign_in
from tests.factories import AT, Firm

BEN = "ben@acme.example"


def away(seconds: int) -> Client:
    ben = sign_in(BEN)
    age_records(ben, seconds, in_use=False)
    return ben


def test_asks_again_after_an_hour_without_use_and_comes_back_to_the_page(acme: Firm) -> None:
    assert away(59 * 60).get(acme.url("jobs/")).status_code == 200
    ben = away(61 * 60)
    refused = ben.get(acme.url("jobs/"))
    assert refused.status_code == 403
    assert "60 minutes" in refused.content.decode()
    assert "next=%2Facme%2Fjobs%2F" in refused.content.decode()
    back = confirm(ben, acme.url("jobs/"))
    assert (back.status_code, back["Location"]) == (302, acme.url("jobs/"))
    assert ben.get(acme.url("jobs/")).status_code == 200


def test_use_keeps_a_session_open_and_is_noted_once_a_minute(acme: Firm) -> None:
    ben = away(50 * 60)
    ben.get(acme.url("jobs/"))
    age_records(ben, 100 * 60, in_use=False)
    assert ben.get(acme.url("jobs/")).status_code == 200
    noted = ben.session["seen_at"]
    ben.get(acme.url(""))
    assert ben.session["seen_at"] == noted


def test_what_asks_by_itself_is_no_use(acme: Firm) -> None:
    with acme.scope():
        run = JobRun.objects.create(
            tenant=acme.tenant, kind="x", key="1", title="x", requested_at=AT,
            requested_by_id=acme.actors["ben"].membership_id,
        )  # fmt: skip
    ben = away(50 * 60)
    assert ben.get(acme.url(f"jobs/{run.pk}/progress/")).status_code == 200
    assert "seen_at" not in ben.session


def test_using_another_firm_is_no_use_of_this_one(acme: Firm, globex: Firm) -> None:
    with globex.scope():
        access.add_member(tenant=globex.tenant, email=BEN, name="Ben", role_codes=["team_member"])
    Tenant.objects.filter(slug="globex").update(session_idle_minutes=720)
    ben = away(61 * 60)
    assert ben.get("/globex/").status_code == 200
    assert ben.get(acme.url("")).status_code == 403


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 403)])
def test_a_firm_chooses_a_shorter_time(acme: Firm, minutes: int, status: int) -> None:
    ada = acme.client("ada")
    url = acme.url("access/sign-in/")
    given = {"duties_apart": "on", "session_idle_minutes": "15", "session_hours": "8"}
    for wrong in ({"session_idle_minutes": "4"}, {"session_hours": "13"}, {"session_hours": ""}):
        assert ada.post(url, {**given, **wrong}).status_code == 422
    assert ada.post(url, given).status_code == 302
    with acme.scope():
        entry = AuditEntry.objects.get(event="access.sign_in_rules_changed")
        assert entry.changes["session_idle_minutes"] == ["60", "15"]
    ben = away(minutes * 60)
    assert ben.get(acme.url("")).status_code == status
    ben = away(8 * 3600 + int(timedelta(minutes=1).total_seconds()))
    last_used(ben, "acme", 0)
    refused = ben.get(acme.url(""))
    assert (refused.status_code, "8 hours ago" in refused.content.decode()) == (403, True)


def test_the_operators_command_leaves_the_lifetimes_alone(acme: Firm) -> None:
    Tenant.objects.filter(slug="acme").update(session_hours=4)
    call_command("sign_in_rule", tenant="acme", duties_apart="no")
    assert Tenant.objects.get(slug="acme").session_hours == 4
