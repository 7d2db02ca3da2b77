"""A backup is restored into an empty database, equal to the row, and still as well guarded."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from psa.embedded import PROJECT
from tests.attacks.world import World, acme_world
from tests.database import current_database, database_url, drop_database, kept_scene
from tests.settings import SERVERS

pytestmark = pytest.mark.usefixtures("committed_database")


@dataclass(frozen=True)
class Target:
    """An empty database and an empty document store."""

    database: str
    data: Path

    def address(self, role: str) -> str:
        return _in(database_url(role), self.database)


def _in(url: str, database: str) -> str:
    return url.rpartition("/")[0] + f"/{database}"


def manage(
    *words: str, database: str, data: Path | str, **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), *words],
        cwd=PROJECT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "psa.settings",
            "DATABASE_URL": _in(database_url("app"), database),
            "PSA_OWNER_DATABASE_URL": _in(database_url("owner"), database),
            "PSA_ADMIN_DATABASE_URL": _in(SERVERS.admin_database_url, database),
            "PSA_POSTGRES_BIN": str(SERVERS.postgres_bin),
            "PSA_DATA": str(data),
        }
        | more,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def world(committed_database: str) -> World:
    return kept_scene(acme_world)


@pytest.fixture
def folder(world: World, kept_backup: Path, tmp_path: Path) -> Path:
    """The backup of this world, which is the same one each time."""
    path = tmp_path / "backup"
    if not kept_backup.exists():
        backup_to(kept_backup)
    shutil.copytree(kept_backup, path)
    return path


@pytest.fixture(scope="module")
def kept_backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "backup"


def backup_to(path: Path) -> None:
    done = manage("backup", str(path), database=current_database(), data=os.environ["PSA_DATA"])
    assert done.returncode == 0, done.stderr


@pytest.fixture
def target(tmp_path: Path, committed_database: str) -> Iterator[Target]:
    name = f"{committed_database}_restored"
    with psycopg.connect(database_url("owner"), autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield Target(name, tmp_path / "data")
    drop_database(name)


def test_restores_every_row_and_document(world: World, folder: Path, target: Target) -> None:
    done = manage("restore", str(folder), database=target.database, data=target.data)
    assert done.returncode == 0, done.stderr
    assert "equal to the backup" in done.stdout
    made = json.loads((folder / "manifest.json").read_text())
    assert made["tables"]["ledger_actual"][0] > 0
    assert made["ledger"]["acme UK"].startswith("debit ")
    assert made["documents"] > 0
    stored = [p for p in (target.data / "documents").rglob("*") if p.is_file()]
    assert len(stored) == made["documents"]


def test_guards_what_was_restored_as_before(world: World, folder: Path, target: Target) -> None:
    assert (
        manage("restore", str(folder), database=target.database, data=target.data).returncode == 0
    )
    with psycopg.connect(target.address("app")) as app:
        assert app.execute("SELECT count(*) FROM ledger_actual").fetchone() == (0,)
        app.execute("SELECT set_config('psa.tenant_id', %s, true)", [str(world.firm.tenant.pk)])
        assert app.execute("SELECT count(*) > 0 FROM ledger_actual").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM ledger_actual")
    with psycopg.connect(target.address("owner")) as owner:
        owner.execute("SELECT set_config('psa.tenant_id', %s, true)", [str(world.firm.tenant.pk)])
        with pytest.raises(psycopg.errors.RestrictViolation, match="append_only"):
            owner.execute("DELETE FROM ledger_actual")
    assert manage("migrate", "--check", database=target.database, data=target.data).returncode == 0


def test_says_so_when_what_came_back_differs(world: World, folder: Path, target: Target) -> None:
    manifest = folder / "manifest.json"
    made = json.loads(manifest.read_text())
    made["tables"]["sales_account"][1] = "1"
    manifest.write_text(json.dumps(made))
    done = manage("restore", str(folder), database=target.database, data=target.data)
    assert done.returncode == 1
    assert "What was restored is not what was copied: sales_account." in done.stderr


def test_refuses_a_database_in_use(folder: Path, tmp_path: Path) -> None:
    done = manage("restore", str(folder), database=current_database(), data=tmp_path / "data")
    assert done.returncode == 1
    assert "This database has tables already." in done.stderr


def test_refuses_to_copy_a_damaged_document(world: World, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(os.environ["PSA_DATA"], data)
    document = next(p for p in (data / "documents").rglob("*") if p.is_file())
    document.write_bytes(b"rot")
    path = tmp_path / "backup"
    done = manage("backup", str(path), database=current_database(), data=data)
    assert done.returncode == 1
    assert f"{document.name} is damaged" in done.stderr
    assert not path.exists()


def test_says_what_is_missing_without_the_administrators_address(tmp_path: Path) -> None:
    done = manage(
        "backup",
        str(tmp_path / "backup"),
        database=current_database(),
        data=os.environ["PSA_DATA"],
        PSA_ADMIN_DATABASE_URL="",
    )
    assert done.returncode == 1
    assert "Set PSA_ADMIN_DATABASE_URL" in done.stderr
