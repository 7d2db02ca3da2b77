"""A sample firm is marked on its page, and removed by who owns the tables."""

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from psa.core.access import actors
from psa.core.access.models import Membership, User
from psa.core.access.services import add_member
from psa.core.audit.models import AuditEntry
from psa.core.errors import NotFound
from psa.core.tenancy.models import Tenant, TenantRemoval
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations.services import samples
from psa.edges.operations.tenant_figures import tenant_figures
from psa.edges.setup.services import NewEntity, create_tenant
from psa.embedded import PROJECT
from tests.core.access.signing_in import age_records
from tests.database import database_url
from tests.edges.operations.test_tenant_archive import manage
from tests.factories import AT, PASSWORD, make_firm, signed_in_client

ADA = "ada@sample.example"


def make_sample() -> Tenant:
    """A sample with an administrator, and a document that no row names any more."""
    firm = create_tenant(
        slug="sample", name="Sample & Co", currency="GBP", years=[2026], at=AT, is_demo=True,
        entities=[NewEntity(code="UK", name="Sample", currency="GBP", country="GB")],
    )  # fmt: skip
    with tenant_scope(firm.pk):
        add_member(
            tenant=firm, email=ADA, name="Ada", role_codes=["administrator"], password=PASSWORD
        )
    default_storage.save(path_of(firm), ContentFile(b"left"))
    return firm


def path_of(firm: Tenant) -> str:
    return f"{firm.pk}/ab/{'ab' * 32}"


def mark(firm: Tenant) -> None:
    with tenant_scope(firm.pk):
        ada = actors.for_membership(Membership.objects.get(email=ADA))
    samples.mark_for_removal(typed=firm.name, actor=ada, at=AT, now=AT)


@pytest.mark.usefixtures("committed_database")
def test_is_removed_from_its_page_and_no_other_firm_with_it() -> None:
    acme, sample = make_firm("acme"), make_sample()
    with acme.scope():
        others = tenant_figures()
    ada = signed_in_client(User.objects.get(email=ADA))
    assert "Remove the sample firm" in ada.get("/sample/setup/").content.decode()
    url = "/sample/sample-firm/remove/"
    assert "Type Sample &amp; Co to confirm" in ada.get(url).content.decode()
    assert ada.post(url, {"name": "Sample"}).status_code == 422
    assert "Nothing" not in manage("remove_sample_firms").stdout
    assert Tenant.objects.get(pk=sample.pk).status == Tenant.Status.ACTIVE

    done = ada.post(url, {"name": "Sample & Co"})
    assert done.status_code == 200
    assert "The sample firm is being removed" in done.content.decode()
    closed = ada.get("/sample/")
    assert closed.status_code == 403
    assert "was a sample firm, and is being removed" in closed.content.decode()
    with tenant_scope(sample.pk):
        assert not Membership.objects.filter(sign_in_again_after=None).exists()
        entry = AuditEntry.objects.get(event="operations.sample_removal_asked")
        assert entry.actor is not None and entry.actor.name == "Ada"

    round_ = manage("remove_sample_firms")
    assert round_.returncode == 0, round_.stderr
    assert "Sample & Co is removed" in round_.stdout
    assert not Tenant.objects.filter(pk=sample.pk).exists()
    assert not User.objects.filter(email=ADA).exists()
    assert not default_storage.exists(path_of(sample))
    assert TenantRemoval.objects.get().name == "Sample & Co"
    with acme.scope():
        assert tenant_figures() == others
    assert manage("remove_sample_firms").stdout == ""


@pytest.mark.usefixtures("committed_database")
def test_killed_in_the_middle_the_next_round_goes_on() -> None:
    sample = make_sample()
    mark(sample)
    with psycopg.connect(database_url("owner")) as other:  # keeps the round from its rows
        other.execute("SELECT FROM tenancy_tenant WHERE id = %s FOR UPDATE", [sample.pk])
        round_ = subprocess.Popen(
            [sys.executable, "manage.py", "remove_sample_firms"],
            cwd=PROJECT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "psa.settings"},
        )
        deadline = time.monotonic() + 60
        while default_storage.exists(path_of(sample)) and time.monotonic() < deadline:
            time.sleep(0.05)
        round_.send_signal(signal.SIGKILL)
        round_.wait()
    assert not default_storage.exists(path_of(sample))
    assert Tenant.objects.filter(pk=sample.pk).exists()
    assert "Sample & Co is removed" in manage("remove_sample_firms").stdout
    assert not Tenant.objects.filter(pk=sample.pk).exists()


@pytest.mark.usefixtures("committed_database")
def test_a_real_firm_has_no_such_page_and_is_never_taken() -> None:
    acme = make_firm("acme")
    ada = acme.client("ada")
    assert ada.get(acme.url("sample-firm/remove/")).status_code == 404
    assert "Remove the sample firm" not in ada.get(acme.url("setup/")).content.decode()
    age_records(ada, 3600)  # and who was not asked lately is asked first
    assert ada.get(acme.url("sample-firm/remove/")).status_code == 302
    assert acme.client("fay").get(acme.url("sample-firm/remove/")).status_code == 404
    with pytest.raises(NotFound):
        samples.mark_for_removal(typed="Acme", actor=acme.actors["ada"], at=AT, now=AT)

    firm = Tenant.objects.filter(pk=acme.tenant.pk)
    firm.update(status=Tenant.Status.SUSPENDED, removal_due_at=AT)
    for role in ("app", "owner"):
        with (
            psycopg.connect(database_url(role)) as person,
            pytest.raises(psycopg.errors.RestrictViolation, match="sample_stays"),
        ):
            person.execute("UPDATE tenancy_tenant SET is_demo = true")
    assert manage("remove_sample_firms").stdout == ""
    assert firm.exists()
