"""Single sign-on against a real provider: whom it signs in, and what such a session opens."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.core.management import CommandError, call_command
from django.http import HttpRequest
from django.test import Client

from psa.core.access import services as access
from psa.core.access.models import IdentityProvider, Invitation, User, VerifiedDomain
from psa.core.access.provider_ids import provider_id_of
from psa.core.audit.models import AuditEntry
from psa.core.tenancy.models import Tenant
from psa.edges.identity.services import invitations, providers
from psa.edges.identity.strict_client import StrictOpenIDConnectAdapter
from tests.core.access.signing_in import age_records, confirm, sign_in
from tests.factories import AT, Firm
from tests.identity_provider.directory import SECRET, Directory, running

BEN = "ben@acme.example"
VALUES = {"name": "Directory", "client_id": "psa", "is_enabled": True, "has_second_factor": False}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    with running(tmp_path_factory.mktemp("provider")) as found:
        yield found


class Sso:
    """Acme with a provider that speaks for acme.example."""

    def __init__(self, firm: Firm, directory: Directory) -> None:
        self.firm, self.directory = firm, directory
        with firm.scope():
            row = providers.save_provider(
                provider_row_id=None, lock_version=0, secret=SECRET,
                values={**VALUES, "issuer": directory.issuer}, actor=firm.actors["ada"], at=AT,
            )  # fmt: skip
        self.row_id = row.pk
        self.provider_id = provider_id_of(firm.tenant.pk, row.pk)
        call_command("verify_domain", "acme.example", tenant="acme")
        directory.accept(self.provider_id)

    def start(self, extra: str = "") -> str:
        return f"/accounts/oidc/{self.provider_id}/login/?next=/acme/{extra}"

    def sign_in(self, email: str, client: Client | None = None):  # type: ignore[no-untyped-def]
        client = client or Client()
        return client, self.directory.sign_in(client, self.start(), email)


@pytest.fixture
def sso(acme: Firm, directory: Directory) -> Sso:
    for name in ("ben", "ada"):
        directory.add(f"{name}@acme.example")
    return Sso(acme, directory)


def rule(firm: Firm, **values: bool) -> None:
    Tenant.objects.filter(pk=firm.tenant.pk).update(**values)


def test_signs_a_member_in(sso: Sso, acme: Firm) -> None:
    client, answer = sso.sign_in(BEN)
    assert answer.status_code == 302
    assert answer["Location"] == "/acme/"
    assert client.get("/acme/").status_code == 200
    _, answer = sso.sign_in(BEN)
    assert answer.status_code == 302
    assert SocialAccount.objects.filter(user__email=BEN).count() == 1
    assert SocialToken.objects.count() == 0
    assert SocialApp.objects.count() == 0


def test_asks_with_code_state_and_proof_key(sso: Sso) -> None:
    asked = parse_qs(urlsplit(Client().get(sso.start())["Location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 16
    assert "openid" in asked["scope"][0]
    assert len(asked["nonce"][0]) == 32
    again = parse_qs(urlsplit(Client().get(sso.start("&again=1"))["Location"]).query)
    assert again["prompt"] == ["login"]


def test_refuses_an_answer_that_this_browser_did_not_ask_for(sso: Sso) -> None:
    client = Client()
    answer = client.get(f"/accounts/oidc/{sso.provider_id}/login/callback/?code=x&state=forged")
    assert "psa-solo" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_refuses_a_token_made_for_another_request(sso: Sso) -> None:
    client = Client()
    start = client.get(sso.start())["Location"]
    session = client.session
    states = session["socialaccount_states"]
    state = next(iter(states.values()))[0]
    assert parse_qs(urlsplit(start).query)["nonce"] == [state["nonce"]]
    changed = start.replace(state["nonce"], "x" * 32)
    answer = sso.directory.sign_in(client, start, BEN, go_to=changed)
    assert answer.status_code == 403
    assert "another request" in answer.content.decode()


def test_refuses_a_provider_that_calls_itself_by_another_name(sso: Sso) -> None:
    client = StrictOpenIDConnectAdapter(HttpRequest(), sso.provider_id)
    assert client.openid_config["issuer"] == sso.directory.issuer
    client._openid_config = {"issuer": "https://elsewhere.example"}
    with pytest.raises(OAuth2Error):
        _ = client.openid_config


def test_refuses_an_address_outside_the_verified_domains(
    sso: Sso, acme: Firm, globex: Firm
) -> None:
    sso.directory.add("otto@globex.example")
    client, answer = sso.sign_in("otto@globex.example")
    assert answer.status_code == 403
    assert "may not speak for" in answer.content.decode()
    assert client.get("/globex/").status_code == 302
    assert not SocialAccount.objects.filter(user__email="otto@globex.example").exists()


def test_refuses_an_address_that_the_provider_has_not_verified(sso: Sso) -> None:
    sso.directory.add(BEN, is_verified=False)
    _, answer = sso.sign_in(BEN)
    assert answer.status_code == 403
    assert "has not verified" in answer.content.decode()


def test_refuses_who_is_no_member_and_makes_no_account(sso: Sso) -> None:
    sso.directory.add("stranger@acme.example")
    _, answer = sso.sign_in("stranger@acme.example")
    assert answer.status_code == 403
    assert "invite you" in answer.content.decode()
    assert not User.objects.filter(email="stranger@acme.example").exists()


def test_refuses_a_former_member(sso: Sso, acme: Firm) -> None:
    sso.sign_in(BEN)
    url = acme.url(f"setup/users/{acme.actors['ben'].membership_id}/deactivate/")
    assert acme.client("ada").post(url).status_code == 302
    assert sso.sign_in(BEN)[1].status_code == 403
    assert not SocialAccount.objects.filter(user__email=BEN).exists()


def test_takes_up_an_invitation_without_a_password(sso: Sso, acme: Firm) -> None:
    with acme.scope():
        invitations.invite(
            email="nia@acme.example", name="Nia", role_codes=["team_member"],
            actor=acme.actors["ada"], at=AT, sent_at=AT.replace(year=2040),
        )  # fmt: skip
    sso.directory.add("nia@acme.example")
    client, answer = sso.sign_in("nia@acme.example")
    assert answer.status_code == 302
    assert client.get("/acme/").status_code == 200
    assert not User.objects.get(email="nia@acme.example").has_usable_password()
    with acme.scope():
        assert Invitation.objects.get().accepted_at is not None


def test_does_not_give_an_address_that_was_passed_on_to_its_next_holder(sso: Sso) -> None:
    sso.sign_in(BEN)
    sso.directory.add(BEN)  # another person there, the same address
    _, answer = sso.sign_in(BEN)
    assert answer.status_code == 403
    assert "somebody else" in answer.content.decode()


def test_knows_a_person_whose_address_changed_within_the_domain(sso: Sso, acme: Firm) -> None:
    sso.sign_in(BEN)
    sso.directory.rename(BEN, "ben.osei@acme.example")
    client, answer = sso.sign_in("ben.osei@acme.example")
    assert answer.status_code == 302
    assert client.get("/acme/").status_code == 200


def test_its_session_opens_no_other_firm(sso: Sso, acme: Firm, globex: Firm) -> None:
    with globex.scope():
        access.add_member(tenant=globex.tenant, email=BEN, name="Ben", role_codes=["administrator"])
    client, _ = sso.sign_in(BEN)
    assert client.get("/acme/").status_code == 200
    refused = client.get("/globex/")
    assert refused.status_code == 403
    assert "does not speak for you here" in refused.content.decode()
    assert client.post("/globex/setup/users/new/", {}).status_code == 403
    confirm(client, "/globex/")  # by Ben's own password
    assert client.get("/globex/").status_code == 200
    assert client.get("/acme/").status_code == 200


def test_its_session_reaches_nothing_that_is_the_persons_own(sso: Sso) -> None:
    client, _ = sso.sign_in(BEN)
    for path in (
        "password/change/", "password/set/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/add/",
        "2fa/recovery-codes/", "sessions/",
    ):  # fmt: skip
        assert client.get(f"/accounts/{path}").status_code == 403, path
        assert client.post(f"/accounts/{path}").status_code == 403, path
    assert client.get("/operator/").status_code == 403  # nor what is the installation's
    User.objects.filter(email=BEN).update(password="!none")
    client, _ = sso.sign_in(BEN)
    assert "Set one by e-mail" in client.get("/accounts/2fa/").content.decode()


def test_required_single_sign_on_shuts_passwords_out(sso: Sso, acme: Firm) -> None:
    rule(acme, sso_required=True)
    client = sign_in(BEN)
    refused = client.get("/acme/")
    assert refused.status_code == 403
    assert "asks for single sign-on" in refused.content.decode()
    assert f"/accounts/oidc/{sso.provider_id}/login/" in refused.content.decode()
    sso.sign_in(BEN, client)
    assert client.get("/acme/").status_code == 200


def test_a_required_second_factor_is_the_persons_own_or_the_providers(sso: Sso, acme: Firm) -> None:
    rule(acme, second_factor_required=True)
    client, _ = sso.sign_in(BEN)
    refused = client.get("/acme/")
    assert refused.status_code == 403
    assert "asks for a second factor" in refused.content.decode()
    with acme.scope():
        IdentityProvider.objects.update(has_second_factor=True)
    assert client.get("/acme/").status_code == 200
    assert sign_in(BEN).get("/acme/").status_code == 403


def test_switching_a_provider_off_ends_its_sessions(sso: Sso, acme: Firm) -> None:
    client, _ = sso.sign_in(BEN)
    with acme.scope():
        IdentityProvider.objects.update(is_enabled=False)
    assert client.get("/acme/").status_code == 403
    assert Client().get(sso.start()).status_code == 404


def test_an_administrator_ends_sessions_of_their_own_firm_alone(
    sso: Sso, acme: Firm, globex: Firm
) -> None:
    with globex.scope():
        access.add_member(tenant=globex.tenant, email=BEN, name="Ben", role_codes=["team_member"])
    ben = sign_in(BEN)
    assert ben.get("/acme/").status_code == ben.get("/globex/").status_code == 200
    before = User.objects.values().get(email=BEN)
    url = acme.url(f"access/members/{acme.actors['ben'].membership_id}/end-sessions/")
    age_records(ben, 60)
    assert acme.client("ada").post(url).status_code == 302
    refused = ben.get("/acme/")
    assert refused.status_code == 403
    assert "ended your sessions" in refused.content.decode()
    assert ben.get("/globex/").status_code == 200
    assert User.objects.values().get(email=BEN) == before
    confirm(ben, "/acme/")
    assert ben.get("/acme/").status_code == 200


def test_finds_the_provider_by_the_domain_of_an_address(sso: Sso) -> None:
    page = Client().get("/accounts/sso/?email=anybody@ACME.example").content.decode()
    assert "Acme: Directory" in page
    other = Client().get("/accounts/sso/?email=anybody@globex.example")
    assert other.status_code == 422
    evil = Client().get("/accounts/sso/?email=x@acme.example&next=https://evil.example/")
    assert "evil" not in evil.content.decode()


def test_says_so_when_the_provider_does_not_answer(sso: Sso, acme: Firm) -> None:
    with acme.scope():
        IdentityProvider.objects.update(issuer="http://127.0.0.1:9")
    answer = Client().get(sso.start())
    assert "could not be reached" in answer.content.decode()


def test_reaches_no_private_address_in_production(sso: Sso, settings: object) -> None:
    settings.PSA_PRIVATE_ADDRESSES_ALLOWED = False  # type: ignore[attr-defined]
    answer = Client().get(sso.start())  # the provider runs at 127.0.0.1
    assert "could not be reached" in answer.content.decode()


def test_keeps_the_secret_sealed(sso: Sso, acme: Firm) -> None:
    with acme.scope():
        assert SECRET not in IdentityProvider.objects.get().sealed_secret
        trail = " ".join(str(entry.changes) for entry in AuditEntry.objects.all())
    assert SECRET not in trail
    page = acme.client("ada").get(acme.url(f"access/providers/{sso.row_id}/"))
    assert SECRET not in page.content.decode()


def test_changing_the_issuer_needs_its_own_secret(sso: Sso, acme: Firm) -> None:
    ada = acme.client("ada")
    data = {**VALUES, "issuer": "https://elsewhere.example", "secret": "", "lock_version": 1}
    url = acme.url(f"access/providers/{sso.row_id}/")
    assert ada.post(url, data).status_code == 422
    assert ada.post(url, {**data, "secret": "new", "lock_version": 0}).status_code == 422
    assert ada.post(url, {**data, "secret": "new"}).status_code == 302


def test_nobody_makes_a_rule_that_locks_themselves_out(sso: Sso, acme: Firm) -> None:
    ada, url = acme.client("ada"), acme.url("access/sign-in/")
    lasts = {"session_idle_minutes": "60", "session_hours": "12"}
    assert "lock yourself out" in ada.post(url, {**lasts, "sso_required": "on"}).content.decode()
    assert ada.post(url, {**lasts, "second_factor_required": "on"}).status_code == 422
    by_provider, _ = sso.sign_in("ada@acme.example")
    both = {**lasts, "sso_required": "on", "duties_apart": "on"}
    assert by_provider.post(url, both).status_code == 302
    assert ada.get(acme.url("")).status_code == 403
    off = {**VALUES, "issuer": sso.directory.issuer, "secret": "", "lock_version": 1}
    del off["is_enabled"]
    last = by_provider.post(acme.url(f"access/providers/{sso.row_id}/"), off)
    assert "its last provider" in last.content.decode()
    call_command("sign_in_rule", tenant="acme", sso_required="no")
    assert ada.get(acme.url("")).status_code == 200


def test_the_operator_verifies_and_forgets_domains(acme: Firm) -> None:
    call_command("verify_domain", "Acme.Example.", tenant="acme")
    call_command("verify_domain", "acme.example", tenant="acme")
    with acme.scope():
        assert VerifiedDomain.objects.get().domain == "acme.example"
    call_command("verify_domain", "acme.example", tenant="acme", forget=True)
    with acme.scope():
        assert not VerifiedDomain.objects.exists()
    for bad in ("com", "-", "acme", "a b.c", ""):
        with pytest.raises(CommandError):
            call_command("verify_domain", bad, tenant="acme")
    with pytest.raises(CommandError):
        call_command("verify_domain", "acme.example", tenant="nobody")


def test_a_member_of_two_firms_is_asked_by_each_for_its_own_rule(
    sso: Sso, acme: Firm, globex: Firm
) -> None:
    with globex.scope():
        access.add_member(tenant=globex.tenant, email=BEN, name="Ben", role_codes=["team_member"])
    rule(acme, sso_required=True)
    ben = sign_in(BEN)
    assert ben.get("/globex/").status_code == 200
    assert ben.get("/acme/").status_code == 403
