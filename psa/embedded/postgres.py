"""The embedded PostgreSQL: cluster, start, stop and roles."""

import hashlib
import os
import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from psa.embedded.account import ServerAccount
from psa.embedded.binaries import PostgresPrograms
from psa.embedded.errors import EmbeddedError
from psa.embedded.ports import is_listening

ADMIN_ROLE = "psa_admin"
OWNER_ROLE = "psa_owner"
APP_ROLE = "psa_app"
SEARCH_ROLE = "psa_search"
ERASER_ROLE = "psa_eraser"
DATABASE = "psa"

GRANTS = Path(__file__).with_name("database_grants.sql")

_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_MEGABYTE = 1024 * 1024
_START_SECONDS = 300
_STOP_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Passwords:
    admin: str
    owner: str
    app: str


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One cluster on disk and the programs and account that serve it on loopback."""

    programs: PostgresPrograms
    account: ServerAccount
    cluster: Path
    log: Path
    durable: bool

    def create_cluster(self, *, admin_password: str) -> None:
        """Make the cluster if there is none: UTF-8, C.UTF-8 order, data checksums, passwords only.

        It appears under its name when complete; an interrupted attempt leaves nothing in the way.
        """
        if self.cluster.exists():
            self._refuse_other_version()
            return
        unfinished = self.cluster.with_name("postgres.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self.account.make_private_folder(unfinished)
        password_file = self.cluster.with_name("initdb.password")
        password_file.touch(mode=0o600)
        password_file.write_text(admin_password)
        self.account.take(password_file)
        provider = ["--locale-provider=builtin"] if self.programs.major >= 17 else []
        try:
            done = self.account.run(
                [
                    self.programs.path("initdb"),
                    f"--pgdata={unfinished}",
                    f"--username={ADMIN_ROLE}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C.UTF-8",
                    *provider,
                    "--data-checksums",
                    *([] if self.durable else ["--no-sync"]),
                ],
                env=_ENVIRONMENT,
                timeout_seconds=_START_SECONDS,
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not create its data folder:\n{done.stdout}")
        with (unfinished / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude_if_exists = 'psa.conf'\n")
        unfinished.rename(self.cluster)

    def is_running(self, *, port: int, admin_password: str) -> bool:
        """Whether this very cluster answers on `port`."""
        if not is_listening(port):
            return False
        try:
            with connect(admin_url(port, admin_password), connect_timeout=5) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row is not None and Path(row[0]).resolve() == self.cluster.resolve()

    def start(self, *, port: int) -> None:
        """Serve the cluster on loopback `port`; returns when it accepts connections.

        A killed server is recovered from its log by PostgreSQL itself, however long that takes
        within five minutes. Raises EmbeddedError with the end of the server's log.
        """
        self._write_settings(port)
        self.account.make_private_folder(self.log.parent)
        deadline = time.monotonic() + 30
        while True:
            self._remove_dead_pid_file()
            done = self.account.run(
                [
                    *(self.programs.path("pg_ctl"), "start", "--wait", "--silent"),
                    *(f"--pgdata={self.cluster}", f"--log={self.log}"),
                    *(f"--timeout={_START_SECONDS}", "-o", shlex.join(["-p", str(port)])),
                ],
                env=_ENVIRONMENT,
                timeout_seconds=_START_SECONDS + 30,
            )
            if done.returncode == 0:
                return
            # After a kill, the old server's children take a moment to notice and leave.
            tail = self._log_tail()
            if "shared memory block" not in tail or time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL did not start:\n{done.stdout}{tail}")
            time.sleep(0.25)

    def stop(self) -> None:
        """End the server, its connections too, after a checkpoint. Stopped already: no matter."""
        if not (self.cluster / "postmaster.pid").exists():
            return
        self._remove_dead_pid_file()
        if not (self.cluster / "postmaster.pid").exists():
            return
        done = self.account.run(
            [
                *(self.programs.path("pg_ctl"), "stop", "--wait", "--silent", "--mode=fast"),
                *(f"--pgdata={self.cluster}", f"--timeout={_STOP_SECONDS}"),
            ],
            env=_ENVIRONMENT,
            timeout_seconds=_STOP_SECONDS + 30,
        )
        if done.returncode != 0 and (self.cluster / "postmaster.pid").exists():
            raise EmbeddedError(f"PostgreSQL did not stop:\n{done.stdout}{self._log_tail()}")

    def _refuse_other_version(self) -> None:
        made_by = int((self.cluster / "PG_VERSION").read_text())
        if made_by != self.programs.major:
            raise EmbeddedError(
                f"The data in {self.cluster} was made by PostgreSQL {made_by}, found is "
                f"{self.programs.major}. Install {made_by}, or choose another PSA_DATA."
            )

    def _write_settings(self, port: int) -> None:
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": str(port),
            "unix_socket_directories": "''",
            **_memory_settings(),
            "max_connections": "120" if self.durable else "250",
            "random_page_cost": "1.1",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "jit": "off",
            "timezone": "'UTC'",
            "log_timezone": "'UTC'",
            "log_line_prefix": "'%m [%p] %u@%d '",
            "log_checkpoints": "off",
            # Values in statements are people's and clients' data; they stay out of the log.
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
        }
        if self.durable:
            settings |= {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
            settings |= {"log_min_duration_statement": "1s"}
        else:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"wal_level": "minimal", "max_wal_senders": "0"}
            # Who drops a database waits for the one who tidies it: that one does not rest meanwhile.
            settings |= {"autovacuum_vacuum_cost_delay": "0"}
        path = self.cluster / "psa.conf"
        path.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        path.chmod(0o600)
        self.account.take(path)

    def _remove_dead_pid_file(self) -> None:
        """Remove the pid file of a killed server whose number is dead, or another program's now.

        PostgreSQL does so itself in most cases, but takes a zombie (in a container whose first
        process reaps none) or a re-used number for a live server. Children of the killed one
        still hold its shared memory, which PostgreSQL checks on its own.
        """
        pid_file = self.cluster / "postmaster.pid"
        if not pid_file.exists():
            return
        lines = pid_file.read_text().splitlines()
        if not lines or not _is_live_postgres(int(lines[0])):
            pid_file.unlink(missing_ok=True)

    def _log_tail(self) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 2000))
            return file.read().decode(errors="replace")


def admin_url(port: int, password: str) -> str:
    """Where the superuser connects: maintenance and tests only, never the application."""
    return f"postgresql://{ADMIN_ROLE}:{password}@127.0.0.1:{port}/postgres"


def connect(url: str, *, connect_timeout: int = 30) -> psycopg.Connection:
    """A connection in autocommit that ignores the machine's PG* settings that could divert it."""
    return psycopg.connect(url, autocommit=True, connect_timeout=connect_timeout, sslmode="disable")


def provision(*, port: int, passwords: Passwords) -> None:
    """Create the roles and the database, and what the application's role may do in it.

    Owner: owns database and tables, may create databases, not superuser. Application: owns
    nothing, below row-level security. Search: owns the search function alone; eraser: the function
    that removes a whole tenant; nobody logs in as these. Safe to run again.
    """
    with connect(admin_url(port, passwords.admin)) as admin:
        _ensure_role(admin, OWNER_ROLE, "LOGIN CREATEDB NOBYPASSRLS", passwords.owner)
        _ensure_role(admin, APP_ROLE, "LOGIN NOCREATEDB NOBYPASSRLS", passwords.app)
        _ensure_role(admin, SEARCH_ROLE, "NOLOGIN NOCREATEDB BYPASSRLS", None)
        _ensure_role(admin, ERASER_ROLE, "NOLOGIN NOCREATEDB NOBYPASSRLS", None)
        for function_owner in (SEARCH_ROLE, ERASER_ROLE):
            admin.execute(
                sql.SQL("GRANT {} TO {}").format(
                    sql.Identifier(function_owner), sql.Identifier(OWNER_ROLE)
                )
            )
        exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if exists.fetchone() is None:
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                )
            )
    owner_url = f"postgresql://{OWNER_ROLE}:{passwords.owner}@127.0.0.1:{port}/{DATABASE}"
    with connect(owner_url) as owner:
        grant_in_database(owner)


def rights_fingerprint() -> str:
    """Changes when the roles or their rights do: a data folder made before is given the new ones."""
    return hashlib.sha256(GRANTS.read_bytes()).hexdigest()[:16]


def grant_in_database(owner: psycopg.Connection) -> None:
    """Give the application's role its rights on all that the owner will create in this database."""
    owner.execute(GRANTS.read_bytes())


def _ensure_role(
    admin: psycopg.Connection, name: str, attributes: str, password: str | None
) -> None:
    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    admin.execute(
        sql.SQL("{} ROLE {} NOSUPERUSER NOCREATEROLE NOREPLICATION {} PASSWORD {}").format(
            sql.SQL("ALTER" if exists else "CREATE"),
            sql.Identifier(name),
            sql.SQL(attributes),  # type: ignore[arg-type]
            sql.Literal(password),
        )
    )


def _memory_settings() -> dict[str, str]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MEGABYTE
    settings = {
        "shared_buffers": f"{min(512, total // 8)}MB",
        "effective_cache_size": f"{max(512, total // 3)}MB",
        "work_mem": f"{max(4, min(32, total // 256))}MB",
        "maintenance_work_mem": f"{max(64, min(256, total // 32))}MB",
    }
    shared = Path("/dev/shm")
    if shared.exists():
        room = os.statvfs(shared)
        if room.f_frsize * room.f_blocks < 256 * _MEGABYTE:  # containers: too little to sort in
            settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def _is_live_postgres(process_id: int) -> bool:
    process = Path("/proc", str(process_id))
    if Path("/proc/self").exists():
        try:
            name = (process / "comm").read_text().strip()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return name == "postgres" and state not in {"Z", "X"}
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
