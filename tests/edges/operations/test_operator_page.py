"""The operator's page: counts of all firms for who operates the installation, no page for others."""

import os
import re
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from psa.core.access.models import User
from psa.core.errors import DomainError
from psa.core.jobs.models import JobRun
from psa.core.tenancy.models import Tenant
from psa.core.web.models import PersonalSettings
from psa.edges.operations import selectors
from psa.edges.operations.models import BackupMade, Operator
from psa.edges.setup.services import create_tenant
from tests.core.web.test_german_pages import english_in
from tests.database import database_url
from tests.factories import AT, Firm, make_firm


def _operates(email: str) -> None:
    """As the owner does; the application's role may not."""
    with psycopg.connect(database_url("owner")) as owner:
        owner.execute(
            "INSERT INTO operations_operator (user_id, since) "
            "SELECT id, now() FROM access_user WHERE email = %s",
            [email],
        )


@pytest.fixture
def firms(committed_database: str) -> tuple[Firm, Firm]:
    return make_firm("acme"), make_firm("globex", cast={"otto": "administrator"})


def test_shows_every_firm_in_counts_and_nothing_of_its_business(firms: tuple[Firm, Firm]) -> None:
    acme, _ = firms
    with acme.scope():
        for number in range(3):
            JobRun.objects.create(
                tenant=acme.tenant, kind="billing.billing_run", key=f"k{number}", title="Kessler",
                requested_at=AT, finished_at=AT, state="failed", error="Kessler Maschinenbau",
            )  # fmt: skip
    BackupMade.objects.create(made_at=AT, tables=90, rows=12345, documents=7)
    _operates("ada@acme.example")
    answer = acme.client("ada").get("/operator/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert re.search(r"acme</th><td>Active</td>.*?>11<", page)
    assert "globex" in page and "12,345 rows of 90 tables" in page
    for word in ("Kessler", "Globex", "otto", "ada@"):
        assert word not in page
    found = selectors.installation(at=AT + timedelta(days=1))
    rows = {firm.slug: firm for firm in found.firms}
    assert (rows["acme"].failed, rows["globex"].failed) == (3, 0)
    assert found.unapplied_migrations == 0
    assert selectors.installation(at=AT + timedelta(days=30)).failed == 0


def test_does_not_exist_for_anybody_else(acme: Firm) -> None:
    """Not even for who administers a firm."""
    assert acme.client("ada").get("/operator/").status_code == 404
    assert Client().get("/operator/").status_code == 404


@pytest.mark.django_db
def test_the_application_can_make_nobody_an_operator() -> None:
    user = User.objects.create_user(email="eve@acme.example")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Operator.objects.create(user=user, since=AT)


def test_the_command_makes_and_ends_an_operator(firms: tuple[Firm, Firm]) -> None:
    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", "make_operator", *words],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "psa.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    assert "is an operator now" in run("--email", "Ada@acme.example")
    assert firms[0].client("ada").get("/operator/").status_code == 200
    assert "is an operator no longer" in run("--email", "ada@acme.example", "--end")
    assert firms[0].client("ada").get("/operator/").status_code == 404
    assert "Nobody has an account" in run("--email", "nobody@acme.example")


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["operator", "accounts", "static", "metrics"])
def test_no_firm_takes_an_address_of_the_application(slug: str) -> None:
    with pytest.raises(DomainError, match="an address of the application"):
        create_tenant(slug=slug, name="X", currency="GBP", entities=[object()], years=[], at=AT)  # type: ignore[list-item]
    assert not Tenant.objects.filter(slug=slug).exists()


def test_is_written_in_its_reader_s_language(firms: tuple[Firm, Firm]) -> None:
    acme, _ = firms
    with acme.scope():
        PersonalSettings.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["ada"].membership_id, language="de"
        )
    BackupMade.objects.create(made_at=AT, tables=90, rows=12345, documents=7)
    _operates("ada@acme.example")
    page = acme.client("ada").get("/operator/").content.decode()
    for said in (
        "Verbindungen",
        "in Arbeit",
        "Letzte Sicherung vor",
        "Zeilen aus 90 Tabellen",
    ):
        assert said in page, said
    assert "sessions" not in page and "Last backup" not in page
    assert english_in(page) == []
