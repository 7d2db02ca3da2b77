"""Invitations: from the administrator's form to a member with a session, and every way it ends."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.signing import Signer
from django.db import InternalError
from django.test import Client

from psa.core.access.models import Invitation, Membership, User
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError, PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import current_tenant_id, glance_into
from psa.core.web.middleware import language_chosen_by
from psa.core.web.models import PersonalSettings
from psa.edges.identity.services import invitations
from tests.factories import AT, PASSWORD, Firm

NIA = {"email": "Nia@acme.example", "name": "Nia", "roles": ["team_member"]}


def invite(firm: Firm, **changed: object) -> None:
    answer = firm.client("ada").post(firm.url("setup/users/new/"), {**NIA, **changed})
    assert answer.status_code == 302, answer.content.decode()


def link_in_mail(firm: Firm) -> str:
    """The path of the newest invitation mail, sent by the job that the invitation queued."""
    mail.outbox.clear()
    with firm.scope():
        for run in JobRun.objects.filter(kind=invitations.MAIL_JOB, state="queued"):
            jobs.run_now(run.pk)
    found = re.search(r"http://[^/]+(/accounts/invitation/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def open_invitation(firm: Firm) -> Invitation:
    with firm.scope():
        return Invitation.objects.get(accepted_at=None, withdrawn_at=None)


def test_joins_with_a_password_and_is_signed_in(acme: Firm) -> None:
    invite(acme)
    link = link_in_mail(acme)
    assert mail.outbox[-1].to == ["nia@acme.example"]
    nia = Client()
    assert "Join Acme" in nia.get(link).content.decode()
    joined = nia.post(link, {"password": PASSWORD})
    assert joined.status_code == 302
    assert joined["Location"] == "/acme/"
    assert nia.get(acme.url("")).status_code == 200
    with acme.scope():
        member = Membership.objects.get(email="nia@acme.example")
        assert [link.role.code for link in member.role_links.all()] == ["team_member"]
        events = set(AuditEntry.objects.values_list("event", flat=True))
    assert {"access.invited", "access.invitation_accepted"} <= events


def test_is_told_as_the_firm_reads(acme: Firm) -> None:
    Tenant.objects.filter(pk=acme.tenant.pk).update(locale="de-at")
    invite(acme)
    link = link_in_mail(acme)
    body = str(mail.outbox[-1].body)
    assert "Guten Tag Nia," in body and "lädt Sie zu Acme ein" in body
    assert re.search(r"bis \d\d\.\d\d\.\d{4} \d\d:\d\d UTC", body), body
    assert "Acme beitreten" in Client().get(link).content.decode()


def test_is_told_as_the_person_chose_in_another_firm(acme: Firm, globex: Firm) -> None:
    with globex.scope():
        PersonalSettings.objects.create(
            tenant=globex.tenant, membership_id=globex.actors["otto"].membership_id, language="de"
        )
    invite(acme, email="otto@globex.example")
    link = link_in_mail(acme)
    assert "lädt Sie zu Acme ein" in str(mail.outbox[-1].body)
    assert "Acme beitreten" in Client().get(link).content.decode()
    with acme.scope():
        # The look at it is undone, and could have changed nothing.
        assert language_chosen_by(globex.actors["otto"].user_id) == "de"
        assert Membership.objects.filter(tenant=acme.tenant).count() == Membership.objects.count()
        with pytest.raises(InternalError, match="read-only"), glance_into(globex.tenant.pk):
            Membership.objects.update(name="Changed")
        assert current_tenant_id() == acme.tenant.pk
        Membership.objects.filter(pk=acme.actors["ben"].membership_id).update(name="Benjamin")


def test_works_once(acme: Firm) -> None:
    invite(acme)
    link = link_in_mail(acme)
    Client().post(link, {"password": PASSWORD})
    again = Client().post(link, {"password": "another-long-password"})
    assert again.status_code == 410
    assert User.objects.get(email="nia@acme.example").check_password(PASSWORD)


@pytest.mark.parametrize("password", ["short", "password1234", "nia@acme.example", ""])
def test_refuses_a_weak_password_and_stays_open(acme: Firm, password: str) -> None:
    invite(acme)
    link = link_in_mail(acme)
    assert Client().post(link, {"password": password}).status_code == 422
    assert not User.objects.filter(email="nia@acme.example").exists()
    assert Client().get(link).status_code == 200


def test_sends_who_has_an_account_to_sign_in_and_takes_them_back(acme: Firm, globex: Firm) -> None:
    invite(acme, email="otto@globex.example")
    link = link_in_mail(acme)
    stranger = Client()
    assert "has an account" in stranger.get(link).content.decode()
    assert stranger.post(link, {"password": PASSWORD}).status_code == 422
    otto = globex.client("otto")
    assert otto.get(acme.url("")).status_code == 404
    assert otto.post(link)["Location"] == "/acme/"
    assert otto.get(acme.url("")).status_code == 200
    assert otto.get(globex.url("")).status_code == 200


def test_is_for_its_own_address_alone(acme: Firm, globex: Firm) -> None:
    invite(acme)
    link = link_in_mail(acme)
    otto = globex.client("otto")
    assert "Sign out" in otto.get(link).content.decode()
    assert otto.post(link).status_code == 422
    assert otto.get(acme.url("")).status_code == 404


def test_sending_again_kills_the_former_link(acme: Firm) -> None:
    invite(acme)
    former = link_in_mail(acme)
    row = open_invitation(acme)
    acme.client("ada").post(acme.url(f"access/invitations/{row.pk}/resend/"))
    fresh = link_in_mail(acme)
    assert Client().get(former).status_code == 410
    assert Client().get(fresh).status_code == 200


def test_withdrawing_kills_the_link_and_lets_invite_anew(acme: Firm) -> None:
    ada = acme.client("ada")
    invite(acme)
    link = link_in_mail(acme)
    row = open_invitation(acme)
    url = acme.url(f"access/invitations/{row.pk}/")
    assert ada.post(f"{url}withdraw/").status_code == 302
    assert Client().get(link).status_code == 410
    assert ada.post(f"{url}withdraw/").status_code == 422
    assert ada.post(f"{url}resend/").status_code == 422
    assert "Withdrawn" in ada.get(acme.url("access/invitations/")).content.decode()
    invite(acme)


def test_expires(acme: Firm) -> None:
    invite(acme)
    link = link_in_mail(acme)
    with acme.scope():
        Invitation.objects.update(expires_at=datetime.now(tz=UTC) - timedelta(seconds=1))
    assert Client().get(link).status_code == 410
    assert Client().post(link, {"password": PASSWORD}).status_code == 410
    assert "Expired" in acme.client("ada").get(acme.url("access/invitations/")).content.decode()


def test_refuses_a_link_that_was_changed(acme: Firm) -> None:
    invite(acme)
    link = link_in_mail(acme)
    row = open_invitation(acme)
    forged = Signer(key="x" * 50, salt="psa.invitation").sign(
        f"{row.tenant_id}-{row.pk}-{row.nonce}"
    )
    for bad in (link[:-3] + "xx/", f"/accounts/invitation/{forged}/", "/accounts/invitation/x/"):
        assert Client().get(bad).status_code == 410, bad


def test_refuses_a_second_invitation_and_a_member(acme: Firm) -> None:
    invite(acme)
    ada = acme.client("ada")
    assert ada.post(acme.url("setup/users/new/"), NIA).status_code == 422
    as_ben = {**NIA, "email": "ben@acme.example"}
    assert ada.post(acme.url("setup/users/new/"), as_ben).status_code == 422


def test_needs_the_right_to_manage_users(acme: Firm) -> None:
    invite(acme)
    row = open_invitation(acme)
    for name in ("ben", "fay", "priya"):
        client = acme.client(name)
        for path in ("", f"{row.pk}/"):
            assert client.get(acme.url(f"access/invitations/{path}")).status_code == 404
    with acme.scope(), pytest.raises(PermissionDenied):
        invitations.invite(
            email="x@acme.example", name="X", role_codes=["team_member"],
            actor=acme.actors["fay"], at=AT, sent_at=AT,
        )  # fmt: skip


def test_keeps_duties_apart(acme: Firm) -> None:
    with acme.scope(), pytest.raises(DomainError, match="Managing users"):
        invitations.invite(
            email="x@acme.example", name="X", role_codes=["administrator", "finance_manager"],
            actor=acme.actors["ada"], at=AT, sent_at=AT,
        )  # fmt: skip


def test_list_costs_the_same_for_many(acme: Firm, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    ada = acme.client("ada")
    with acme.scope():
        for number in range(30):
            invitations.invite(
                email=f"p{number}@acme.example", name=f"Person {number}",
                role_codes=["team_member"], actor=acme.actors["ada"], at=AT, sent_at=AT,
            )  # fmt: skip
    with django_assert_max_num_queries(18):
        assert ada.get(acme.url("access/invitations/")).status_code == 200
