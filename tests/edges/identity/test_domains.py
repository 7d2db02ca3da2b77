"""A firm shows that a domain is its own by a file on the domain's web server."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from psa.core.access.models import Membership, VerifiedDomain
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.web import outgoing
from psa.edges.identity import domain_files
from psa.edges.identity.services import providers
from tests.core.access.signing_in import age_records
from tests.factories import AT, Firm


def proof(firm: Firm, domain: str = "acme.example") -> str:
    return providers.domain_proof(tenant_id=firm.tenant.pk, domain=domain)


def prove(firm: Firm, found: str, name: str = "ada") -> None:
    providers.prove_domain(
        domain="Acme.example.", found=found.encode(), actor=firm.actors[name], at=AT
    )


def test_takes_a_domain_whose_server_says_what_only_the_firm_was_told(acme: Firm) -> None:
    with acme.scope():
        prove(acme, f"\r\n{proof(acme)}\r\n")
        prove(acme, proof(acme))
        assert VerifiedDomain.objects.get().domain == "acme.example"
        assert AuditEntry.objects.filter(event="access.domain_verified").count() == 1


def test_refuses_another_firms_line_another_domains_and_none(acme: Firm, globex: Firm) -> None:
    with acme.scope():
        for found in (proof(globex), proof(acme, "other.example"), "", f"x{proof(acme)}"):
            with pytest.raises(DomainError) as refusal:
                prove(acme, found)
            assert refusal.value.field == "domain"
        with pytest.raises(PermissionDenied):
            prove(acme, proof(acme), "fay")
        assert not VerifiedDomain.objects.exists()


def test_the_last_domain_stays_while_single_sign_on_is_required(acme: Firm) -> None:
    with acme.scope():
        prove(acme, proof(acme))
        type(acme.tenant).objects.filter(pk=acme.tenant.pk).update(sso_required=True)
        with pytest.raises(DomainError, match="last domain"):
            providers.drop_domain(domain="acme.example", actor=acme.actors["ada"], at=AT)


def test_a_domain_that_members_sign_in_with_stays_while_single_sign_on_is_required(
    acme: Firm,
) -> None:
    def drop(domain: str) -> None:
        providers.drop_domain(domain=domain, actor=acme.actors["ada"], at=AT)

    with acme.scope():
        for name in ("acme.example", "second.example", "third.example"):
            providers.verify_domain(
                tenant=acme.tenant, domain=name, actor=acme.actors["ada"], at=AT
            )
        type(acme.tenant).objects.filter(pk=acme.tenant.pk).update(sso_required=True)
        Membership.objects.filter(email="fay@acme.example").update(email="Fay@Second.example")
        with pytest.raises(DomainError, match="active users sign in with") as refusal:
            drop("Acme.example.")
        assert refusal.value.field == "domain"
        with pytest.raises(DomainError, match="1 active user signs in"):
            drop("second.example")
        with pytest.raises(NotFound):
            drop("fourth.example")
        assert VerifiedDomain.objects.count() == 3
        assert not AuditEntry.objects.filter(event="access.domain_forgotten").exists()
        Membership.objects.filter(email="Fay@Second.example").update(is_active=False)
        drop("second.example")
        drop("third.example")
        assert VerifiedDomain.objects.get().domain == "acme.example"


@pytest.mark.parametrize("domain", ["127.0.0.1", "metadata.internal", "nowhere.invalid"])
def test_reads_nothing_from_inside(domain: str) -> None:
    with pytest.raises(DomainError) as refusal:
        domain_files.fetched(domain)
    assert refusal.value.field == "domain"


def test_fetches_without_following_a_redirect(settings: Any) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            moved = self.path == "/moved"
            self.send_response(302 if moved else 200)
            if moved:
                self.send_header("Location", "/")
            self.end_headers()
            self.wfile.write(b"here")

        def log_message(self, *_: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    settings.PSA_OUTGOING_TEST_HOSTS = frozenset({host})
    try:
        assert outgoing.get(f"http://{host}/").body == b"here"
        assert not outgoing.get(f"http://{host}/moved").is_accepted
    finally:
        server.shutdown()
        server.server_close()


def test_the_page_tells_the_line_then_looks(acme: Firm) -> None:
    ada, url = acme.client("ada"), acme.url("access/domains/")
    told = ada.post(url, {"domain": "nowhere.invalid"})
    assert proof(acme, "nowhere.invalid") in told.content.decode()
    looked = ada.post(url, {"domain": "nowhere.invalid", "action": "check"})
    assert looked.status_code == 422
    assert "leads nowhere" in looked.content.decode()
    assert ada.post(url, {"domain": "com"}).status_code == 422
    with acme.scope():
        prove(acme, proof(acme))
    assert "Forget acme.example" in ada.get(acme.url("access/sign-in/")).content.decode()
    assert (
        ada.post(acme.url("access/domains/forget/"), {"domain": "acme.example"}).status_code == 302
    )
    assert (
        ada.post(acme.url("access/domains/forget/"), {"domain": "acme.example"}).status_code == 404
    )
    age_records(ada, 3600)
    assert ada.get(url).status_code == 302
    assert acme.client("fay").get(url).status_code == 404
