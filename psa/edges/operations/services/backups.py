"""The whole installation in one folder, and back: database, documents, and the proof of both."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from django.conf import settings
from psycopg import sql

from psa.core.errors import DomainError
from psa.edges.operations.models import BackupMade
from psa.edges.operations.services import stored_documents

FORMAT = 1
_DATABASE = "database.dump"
_DOCUMENTS = "documents.tar"
_MANIFEST = "manifest.json"


class BackupFailed(DomainError):
    """A backup or a restore could not be done, or not be proven."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was copied: rows and a hash of every table, the ledger's totals, the documents."""

    format: int
    made_at: str
    tables: dict[str, tuple[int, str]]
    """Table → rows, and the sum of its rows' hashes (their order does not matter)."""
    ledger: dict[str, str]
    """“slug entity” → debit and credit of its journals."""
    documents: int

    @property
    def rows(self) -> int:
        return sum(rows for rows, _ in self.tables.values())


def back_up(*, folder: Path, at: datetime) -> Backup:
    """Copy database and documents into `folder`, which appears when complete.

    The dump and the figures are of one snapshot; the application may run meanwhile. A document
    stored after the snapshot may be in the copy too: it is unused there, never missing.
    Raises  BackupFailed with what to do; DamagedDocuments, StoreAway.
    """
    if folder.exists():
        raise BackupFailed(f"“{folder}” exists already; name another folder.")
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    try:
        with _administrator() as admin:
            admin.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            (snapshot,) = admin.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            _run(
                "pg_dump",
                *("--format=custom", "--no-password", f"--snapshot={snapshot}"),
                f"--file={unfinished / _DATABASE}",
            )
            tables, ledger = _tables(admin), _ledger(admin)
        documents = stored_documents.pack(unfinished / _DOCUMENTS)
        made = Backup(FORMAT, at.isoformat(), tables, ledger, documents)
        (unfinished / _MANIFEST).write_text(json.dumps(asdict(made), indent=1, sort_keys=True))
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return made


def record(made: Backup, *, at: datetime) -> None:
    """Keep that this backup was made, for the operator's page."""
    BackupMade.objects.create(
        made_at=at, tables=len(made.tables), rows=made.rows, documents=made.documents
    )


def restore(*, folder: Path) -> Backup:
    """Bring a backup back into an empty database and an empty document store, and prove it equal.

    Raises  BackupFailed if the folder is no backup, the database is not empty, or what was
            restored differs from what was copied; DamagedDocuments, StoreAway.
    """
    made = _read(folder)
    with _administrator() as admin:
        found = admin.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind = 'r'"
        ).fetchone()
        if found is None or found[0]:
            raise BackupFailed(
                "This database has tables already. Restore into an empty one: another PSA_DATA, "
                "or a database that was just created."
            )
        _run(
            "pg_restore",
            *("--exit-on-error", "--single-transaction", "--no-password"),
            *("--dbname", _parts()["PGDATABASE"], str(folder / _DATABASE)),
        )
        tables, ledger = _tables(admin), _ledger(admin)
    differing = sorted(name for name in made.tables if made.tables[name] != tables.get(name))
    differing += sorted(name for name in made.ledger if made.ledger[name] != ledger.get(name))
    if differing or tables.keys() != made.tables.keys():
        raise BackupFailed(
            f"What was restored is not what was copied: {', '.join(differing) or 'other tables'}. "
            "Do not use this database; try another backup."
        )
    stored_documents.unpack(folder / _DOCUMENTS, made.documents)
    return made


def _read(folder: Path) -> Backup:
    try:
        raw = json.loads((folder / _MANIFEST).read_text())
        raw["tables"] = {name: tuple(pair) for name, pair in raw["tables"].items()}
        made = Backup(**raw)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupFailed(f"“{folder}” holds no readable backup: {error}") from error
    if made.format != FORMAT:
        raise BackupFailed(f"The backup has format {made.format}; this version reads {FORMAT}.")
    return made


def _tables(admin: psycopg.Connection) -> dict[str, tuple[int, str]]:
    names = admin.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
    ).fetchall()
    found = {}
    for (name,) in names:
        row = admin.execute(
            sql.SQL(
                "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint"
                "::numeric), 0)::text FROM {} t"
            ).format(sql.Identifier(name))
        ).fetchone()
        if row is not None:
            found[name] = (int(row[0]), str(row[1]))
    return found


def _ledger(admin: psycopg.Connection) -> dict[str, str]:
    rows = admin.execute(
        "SELECT t.slug || ' ' || e.code, sum(l.debit), sum(l.credit) FROM ledger_journalline l "
        "JOIN ledger_journalentry j ON j.tenant_id = l.tenant_id AND j.id = l.entry_id "
        "JOIN org_legalentity e ON e.tenant_id = j.tenant_id AND e.id = j.legal_entity_id "
        "JOIN tenancy_tenant t ON t.id = l.tenant_id GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {name: f"debit {debit} credit {credit}" for name, debit, credit in rows}


@contextmanager
def _administrator() -> Iterator[psycopg.Connection]:
    url = settings.ENV.admin_database_url
    if not url:
        raise BackupFailed(
            "Set PSA_ADMIN_DATABASE_URL to the address of the database's administrator: a backup "
            "reads the rows of every tenant, which neither the application nor the owner may."
        )
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def _parts() -> dict[str, str]:
    """The address as variables: a password in the arguments would be seen by the whole machine."""
    url = urlsplit(settings.ENV.admin_database_url)
    return {
        "PGHOST": url.hostname or "",
        "PGPORT": str(url.port or 5432),
        "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
        "PGDATABASE": url.path.lstrip("/"),
    }


def _run(program: str, *arguments: str) -> None:
    folder = settings.ENV.postgres_bin
    path = shutil.which(program, path=folder or None)
    if path is None:
        raise BackupFailed(
            f"{program} was not found. Install PostgreSQL's client programs, or name their folder "
            "in PSA_POSTGRES_BIN."
        )
    done = subprocess.run(
        [path, *arguments],
        env=os.environ | _parts(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupFailed(f"{program} failed: {done.stderr.strip()}")
