"""The distribution's own PostgreSQL, PgBouncer and Redis, started for one test on loopback.

Set up as docker-compose.yml sets them up: its script makes the roles, PgBouncer pools by
transaction and asks for SCRAM. Everything lies in one temporary folder and ends by its own number.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import yaml

from psa.embedded import PROJECT
from psa.embedded.account import ServerAccount, account_for
from psa.embedded.ports import free_port, is_listening
from psa.embedded.redis_server import RedisServer

POOL_SIZE = 4
_ENVIRONMENT = {"PATH": os.defpath + ":/usr/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_SECONDS = 60


def missing() -> list[str]:
    """What the machine lacks for this; .ci/servers installs it."""
    lacking = [] if _postgres_folder() else ["postgresql"]
    programs = {"pgbouncer": "pgbouncer", "redis-server": "redis-server"}
    return lacking + [name for name, program in programs.items() if not _program(program)]


@dataclass
class Servers:
    """The three servers and their addresses; passwords are made for the one test."""

    folder: Path
    account: ServerAccount
    postgres_bin: Path
    postgres_port: int = field(default_factory=lambda: free_port(preferred=0))
    pool_port: int = field(default_factory=lambda: free_port(preferred=0))
    redis_port: int = field(default_factory=lambda: free_port(preferred=0))
    passwords: dict[str, str] = field(
        default_factory=lambda: {
            name: secrets.token_hex(16) for name in ("postgres", "psa_owner", "psa_app", "redis")
        }
    )

    def address(self, role: str, *, pooled: bool = False, database: str = "psa") -> str:
        port = self.pool_port if pooled else self.postgres_port
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{port}/{database}"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.passwords['redis']}@127.0.0.1:{self.redis_port}/0"

    def redis(self) -> RedisServer:
        return RedisServer(
            program=_program("redis-server") or "",
            account=self.account,
            folder=self.folder / "redis",
            log=self.folder / "log" / "redis.log",
            durable=True,
        )

    def start_redis(self) -> None:
        self.redis().start(port=self.redis_port, password=self.passwords["redis"])

    def stop_redis(self) -> None:
        self.redis().stop(port=self.redis_port, password=self.passwords["redis"])


@contextmanager
def running_servers() -> Iterator[Servers]:
    """All three, ready; stopped and deleted at the end."""
    bin_folder = _postgres_folder()
    assert bin_folder is not None
    folder = Path(tempfile.mkdtemp(prefix="psa-production-"))
    folder.chmod(0o711)  # the servers' account passes through; it lists nothing
    servers = Servers(folder, account_for(folder / "postgres"), bin_folder)
    servers.account.make_private_folder(folder / "log")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(_postgres(servers))
        _make_roles(servers)
        stack.enter_context(_pool(servers))
        servers.start_redis()
        stack.callback(servers.stop_redis)
        yield servers


@contextmanager
def _postgres(servers: Servers) -> Iterator[None]:
    cluster, log = servers.folder / "postgres", servers.folder / "log" / "postgres.log"
    servers.account.make_private_folder(cluster)
    password_file = servers.folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(servers.passwords["postgres"])
    servers.account.take(password_file)
    _run(
        servers,
        *("initdb", f"--pgdata={cluster}", "--username=postgres", f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"),
    )
    password_file.unlink()
    options = (
        f"-p {servers.postgres_port} -c listen_addresses=127.0.0.1 "
        "-c unix_socket_directories='' -c jit=off"
    )
    ctl = ("pg_ctl", f"--pgdata={cluster}", "--wait", "--silent")
    _run(servers, *ctl, f"--log={log}", f"--options={options}", "start")
    try:
        yield
    finally:
        _run(servers, *ctl, "--mode=fast", "stop")


def _make_roles(servers: Servers) -> None:
    """Run the very script that docker-compose.yml gives its empty database."""
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    script = compose["configs"]["postgres_roles"]["content"].replace("$$", "$")
    script = script.replace("/grants/database_grants.sql", str(_grants(servers)))
    done = subprocess.run(
        ["sh", "-c", script],
        env=_ENVIRONMENT
        | {
            "PATH": f"{servers.postgres_bin}:{os.defpath}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(servers.postgres_port),
            "PGPASSWORD": servers.passwords["postgres"],
            "PSA_OWNER_PASSWORD": servers.passwords["psa_owner"],
            "PSA_APP_PASSWORD": servers.passwords["psa_app"],
        },
        cwd="/",
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _grants(servers: Servers) -> Path:
    return Path(
        shutil.copy(PROJECT / "psa" / "embedded" / "database_grants.sql", servers.folder / "grants")
    )


@contextmanager
def _pool(servers: Servers) -> Iterator[None]:
    """PgBouncer; it knows the application's SCRAM secret alone, never a password."""
    with psycopg.connect(servers.address("postgres", database="postgres")) as admin:
        row = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'psa_app'")
        (secret,) = row.fetchone() or ("",)
    folder = servers.folder / "pool"
    servers.account.make_private_folder(folder)
    (folder / "users").write_text(f'"psa_app" "{secret}"\n')
    (folder / "pgbouncer.ini").write_text(
        "[databases]\n"
        f"psa = host=127.0.0.1 port={servers.postgres_port} dbname=psa\n"
        "[pgbouncer]\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {servers.pool_port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder / 'users'}\n"
        f"pool_mode = transaction\nmax_client_conn = 500\ndefault_pool_size = {POOL_SIZE}\n"
        "server_reset_query = DISCARD ALL\nlog_connections = 0\nlog_disconnections = 0\n"
    )
    for path in folder.iterdir():
        path.chmod(0o600)
        servers.account.take(path)
    with (servers.folder / "pool.log").open("ab") as log:
        process = subprocess.Popen(
            [_program("pgbouncer") or "", "--quiet", str(folder / "pgbouncer.ini")],
            env=_ENVIRONMENT,
            cwd="/",
            user=servers.account.uid,
            group=servers.account.gid,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: is_listening(servers.pool_port), "PgBouncer listens")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_SECONDS)


def wait_until(what: Callable[[], object], words: str, seconds: float = _SECONDS) -> None:
    """Ask again and again, and fail with the words when it does not come true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"after {seconds:.0f} s: not {words}"
        time.sleep(0.1)


def _run(servers: Servers, program: str, *arguments: str) -> None:
    done = servers.account.run(
        [str(servers.postgres_bin / program), *arguments],
        env=_ENVIRONMENT,
        timeout_seconds=_SECONDS,
    )
    assert done.returncode == 0, done.stdout


def _postgres_folder() -> Path | None:
    """The oldest PostgreSQL of the distribution that we promise to run on: 15 where there is one."""
    found = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if path.parent.name.isdigit() and int(path.parent.name) >= 15
        if (path / "initdb").exists()
    ]
    return min(found, key=lambda path: int(path.parent.name), default=None)


def _program(name: str) -> str | None:
    return shutil.which(name, path=_ENVIRONMENT["PATH"])
