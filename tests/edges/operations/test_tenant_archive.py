"""A tenant leaves in an archive, is removed, and comes back equal: here, or in another database."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from projects.models import PlanCalendar, Project
from psa.core.access.models import Membership, User
from psa.core.documents.models import Document
from psa.core.jobs import tickets
from psa.core.jobs.models import JobTicket
from psa.core.ledger.models import FiscalPeriod
from psa.core.tenancy.models import Tenant, TenantRemoval
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations.services import exporting, restoring, tenants
from psa.edges.operations.tenant_figures import tenant_figures
from psa.embedded import PROJECT
from tests.attacks.world import World, make_world
from tests.database import database_url, fresh_database, kept_scene
from tests.factories import AT, PASSWORD, make_firm

pytestmark = pytest.mark.usefixtures("committed_database")


@pytest.fixture
def world(committed_database: str) -> World:
    """Acme; its project is scheduled by a calendar that came with its plan: they name each other."""
    return kept_scene(acme_with_a_calendar)


def acme_with_a_calendar() -> World:
    made = make_world(make_firm("acme"))
    with made.firm.scope():
        project = Project.objects.earliest("pk")
        project.plan_calendar = PlanCalendar.objects.create(
            tenant=made.firm.tenant,
            project=project,
            uid=1,
            name="Standard",
            week=[[[540, 1020]]] * 7,
        )
        project.save(update_fields=["plan_calendar"])
    return made


@pytest.fixture
def archive(world: World, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "acme.zip"
    with world.firm.scope():
        FiscalPeriod.objects.filter(ends_on__lt="2026-01-01").update(state="closed")
    exporting.export_tenant(slug="acme", path=path, at=AT)
    yield path


def figures() -> dict[str, str]:
    with tenant_scope(Tenant.objects.get(slug="acme").pk):
        return tenant_figures()


def manage(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, on the database of the test."""
    return subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), *words],
        cwd=PROJECT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "psa.settings"},
        capture_output=True,
        text=True,
        check=False,
    )


def changed(archive: Path, folder: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of the archive with one of its files changed."""
    path = folder / "changed.zip"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(path, "w") as new:
        for one in old.namelist():
            content = old.read(one)
            new.writestr(one, change(content) if one == name else content)
    return path


def make_due() -> None:
    tenants.request_removal(slug="acme", at=AT)
    Tenant.objects.filter(slug="acme").update(removal_due_at=AT - timedelta(days=1))


class TestExport:
    def test_holds_every_row_and_document_but_no_password(
        self, world: World, archive: Path
    ) -> None:
        with zipfile.ZipFile(archive) as file:
            manifest = json.loads(file.read("manifest.json"))
            everything = b"".join(file.read(name) for name in file.namelist())
        with world.firm.scope():
            members = Membership.objects.count()
            documents = set(Document.objects.values_list("sha256", flat=True))
        rows = {table["name"]: table["rows"] for table in manifest["tables"]}
        assert rows["access_membership"] == members
        assert rows["ledger_actual"] > 0
        assert documents
        assert set(manifest["documents"]) == documents
        assert b"argon2" not in everything

    def test_has_no_row_of_another_firm(self, world: World, tmp_path: Path) -> None:
        make_world(make_firm("globex"))
        path = tmp_path / "acme.zip"
        exporting.export_tenant(slug="acme", path=path, at=AT)
        with zipfile.ZipFile(path) as file:
            text = b"".join(file.read(name) for name in file.namelist())
        assert b"Globex" not in text
        assert b"Acme" in text

    def test_refuses_a_firm_that_is_not_there(self, tmp_path: Path) -> None:
        done = manage("export_tenant", "--tenant", "nobody", "--output", str(tmp_path / "n.zip"))
        assert done.returncode == 1
        assert "There is no tenant “nobody”." in done.stderr
        assert list(tmp_path.iterdir()) == []


class TestRestore:
    def test_comes_back_equal_in_another_database_and_goes_on_numbering(
        self,
        world: World,
        archive: Path,
        django_db_blocker: DjangoDbBlocker,
    ) -> None:
        before = figures()
        with fresh_database(django_db_blocker, empty=True):
            make_somebody_elses_firm_first()
            done = manage("restore_tenant", str(archive))
            assert done.returncode == 0, done.stderr
            assert figures() == before
            tenant = Tenant.objects.get(slug="acme")
            assert tenant.status == Tenant.Status.SUSPENDED
            with tenant_scope(tenant.pk):
                assert FiscalPeriod.objects.filter(state="closed").exists()
                document = Document.objects.order_by("pk").first()
                assert document is not None
                assert default_storage.exists(document.storage_path)
                priya = Membership.objects.get(pk=world.firm.actors["priya"].membership_id)
                member = Membership.objects.create(
                    tenant=tenant, name="New", email="new@acme.example"
                )
                assert member.pk == max(Membership.objects.values_list("pk", flat=True))
            assert priya.user is not None
            assert not priya.user.has_usable_password()

    def test_refuses_row_numbers_that_are_taken(self, archive: Path) -> None:
        done = manage("restore_tenant", str(archive), "--slug", "acme-again")
        assert done.returncode == 1
        assert "has rows with the numbers of “acme” already" in done.stderr
        assert not Tenant.objects.filter(slug="acme-again").exists()

    def test_refuses_a_changed_table_or_figure_and_keeps_nothing(
        self, archive: Path, tmp_path: Path, django_db_blocker: DjangoDbBlocker
    ) -> None:
        def another_name(content: bytes) -> bytes:
            return content.replace(b"Kessler", b"Kessner")

        def another_figure(content: bytes) -> bytes:
            manifest = json.loads(content)
            manifest["figures"]["journal entries"] = "1"
            return json.dumps(manifest).encode()

        with fresh_database(django_db_blocker, empty=True):
            for name, change, said in (
                ("tables/sales_account.csv", another_name, "is not what was exported"),
                ("manifest.json", another_figure, "The figures do not agree: journal entries."),
            ):
                done = manage("restore_tenant", str(changed(archive, tmp_path, name, change)))
                assert done.returncode == 1
                assert said in done.stderr
                assert not Tenant.objects.exists()

    def test_refuses_what_is_no_archive(self, tmp_path: Path) -> None:
        other = tmp_path / "letter.zip"
        other.write_text("Dear Sir")
        with pytest.raises(restoring.archive.DamagedArchive, match="letter.zip"):
            restoring.restore_tenant(path=other, slug=None, at=AT)


class TestSuspend:
    def test_shuts_members_out_with_the_reason_and_lets_jobs_wait(self, world: World) -> None:
        JobTicket.objects.all().delete()
        tickets.write(tenant_id=world.firm.tenant.pk, run_id=1)
        tenants.suspend_tenant(slug="acme", reason="The account is being moved.", at=AT)
        answer = world.firm.client("priya").get("/acme/")
        assert answer.status_code == 403
        assert "Acme is suspended" in answer.content.decode()
        assert "The account is being moved." in answer.content.decode()
        assert tickets.lease_next() == []
        tenants.resume_tenant(slug="acme", at=AT)
        assert world.firm.client("priya").get("/acme/").status_code == 200
        assert [ticket.run_id for ticket in tickets.lease_next()] == [1]

    def test_tells_a_stranger_nothing(self, world: World) -> None:
        tenants.suspend_tenant(slug="acme", reason="", at=AT)
        User.objects.create_user("otto@globex.example", PASSWORD)
        stranger = Client()
        stranger.force_login(
            User.objects.get(email="otto@globex.example"),
            "django.contrib.auth.backends.ModelBackend",
        )
        assert stranger.get("/acme/").status_code == 404


class TestRemove:
    def test_takes_every_row_file_and_lone_account_and_restores_equal(
        self, world: World, archive: Path
    ) -> None:
        globex = make_world(make_firm("globex"))
        before = figures()
        with world.firm.scope():
            paths = list(Document.objects.values_list("storage_path", flat=True))
        with globex.firm.scope():
            others = tenant_figures()
        make_due()
        done = manage("remove_tenant", "--tenant", "acme")
        assert done.returncode == 0, done.stderr
        assert not Tenant.objects.filter(slug="acme").exists()
        assert not any(default_storage.exists(path) for path in paths)
        assert not User.objects.filter(email__endswith="@acme.example").exists()
        removal = TenantRemoval.objects.get()
        assert removal.row_counts["ledger_actual"] > 0
        with globex.firm.scope():
            assert tenant_figures() == others
        assert manage("restore_tenant", str(archive)).returncode == 0
        assert figures() == before

    def test_refuses_before_the_day(self, world: World) -> None:
        tenants.request_removal(slug="acme", at=AT)
        with pytest.raises(tenants.NotDue, match="can be removed from 08 August 2026"):
            tenants.remove_tenant(slug="acme", at=AT)

    def test_is_refused_by_the_database_before_the_day_whoever_asks(self, world: World) -> None:
        with (
            psycopg.connect(database_url("owner")) as owner,
            pytest.raises(psycopg.errors.CheckViolation, match="tenant_not_due"),
        ):
            owner.execute(
                "SELECT psa_remove_tenant(%s, %s)", [world.firm.tenant.pk, ["ledger_actual"]]
            )

    def test_is_not_the_applications_to_do(self, world: World) -> None:
        make_due()
        with (
            psycopg.connect(database_url("app")) as app,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            app.execute("SELECT psa_remove_tenant(%s, %s)", [world.firm.tenant.pk, []])

    def test_leaves_no_half(self, world: World) -> None:
        make_due()
        with psycopg.connect(database_url("owner")) as owner:
            with pytest.raises(psycopg.errors.DatabaseError):
                owner.execute(
                    "SELECT psa_remove_tenant(%s, %s)",
                    [world.firm.tenant.pk, ["notifications_notification"]],
                )
            owner.rollback()
        with world.firm.scope():
            assert Membership.objects.exists()

    def test_is_taken_back_by_resume(self, world: World) -> None:
        make_due()
        tenants.resume_tenant(slug="acme", at=AT)
        with pytest.raises(tenants.NotDue, match="run delete_tenant first"):
            tenants.remove_tenant(slug="acme", at=AT)


def make_somebody_elses_firm_first() -> None:
    """A tenant number that the archived firm had is taken here, its row numbers are not."""
    Tenant.objects.create(slug="initech", name="Initech", created_at=AT)
