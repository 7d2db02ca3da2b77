"""The embedded servers: shared by counting, recovered after a kill, closed to the application."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from psa import embedded
from psa.embedded import users
from psa.embedded.ports import free_port
from psa.embedded.state import State

HOLD = """
import sys
from psa import embedded
with embedded.services(sys.argv[1], durable=False) as running:
    print(running.user_number, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "data"
    yield path
    assert embedded.remove(path)
    assert not path.exists()


def _user(folder: Path) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        cwd=embedded.PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    assert user.stdout.readline().strip().isdigit()
    return user


def _end(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=60)
    assert user.returncode == 0


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _server_process(folder: Path) -> int:
    state = State.read(folder)
    assert state is not None
    return int((state.base / "postgres" / "postmaster.pid").read_text().split()[0])


def test_keeps_data_over_a_stop_and_serves_both_roles(folder: Path) -> None:
    with embedded.services(folder, durable=False) as running:
        with psycopg.connect(running.owner_database_url) as owner:
            owner.execute("CREATE TABLE kept (n int)")
        with psycopg.connect(running.database_url) as app:
            app.execute("INSERT INTO kept VALUES (7)")
        with redis.Redis.from_url(running.redis_url) as queue:
            assert queue.ping()
    assert not _answers(running.database_url)
    with (
        embedded.services(folder, durable=False) as running,
        psycopg.connect(running.database_url) as app,
    ):
        assert app.execute("SELECT n FROM kept").fetchone() == (7,)


def test_gives_the_application_role_no_way_around_row_security(folder: Path) -> None:
    with (
        embedded.services(folder, durable=False) as running,
        psycopg.connect(running.database_url, autocommit=True) as app,
    ):
        row = app.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles "
            "WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False)
        for refused in (
            "CREATE TABLE public.mine (n int)",
            "SET ROLE psa_owner",
            "SET ROLE psa_search",
            "CREATE DATABASE other",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(refused)


def test_lets_the_owner_create_the_extensions_but_not_be_superuser(folder: Path) -> None:
    with (
        embedded.services(folder, durable=False) as running,
        psycopg.connect(running.owner_database_url, autocommit=True) as owner,
    ):
        owner.execute("CREATE EXTENSION btree_gist")
        owner.execute("CREATE EXTENSION pg_trgm")
        owner.execute("CREATE FUNCTION found() RETURNS int LANGUAGE sql RETURN 1")
        owner.execute("ALTER FUNCTION found() OWNER TO psa_search")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("CREATE ROLE another SUPERUSER")


def test_stops_with_the_last_of_several_users(folder: Path) -> None:
    first, second = _user(folder), _user(folder)
    with embedded.services(folder, durable=False) as running:
        assert running.user_number == 2
    assert _answers(running.database_url)
    _end(first)
    assert _answers(running.database_url)
    _end(second)
    assert not _answers(running.database_url)


def test_does_not_count_a_killed_user(folder: Path) -> None:
    killed = _user(folder)
    killed.kill()
    killed.communicate()
    with embedded.services(folder, durable=False) as running:
        assert running.user_number == 0
        assert _answers(running.database_url)
    assert not _answers(running.database_url)
    assert users.live_users(folder) == 0


def test_ends_cleanly_on_ctrl_c(folder: Path) -> None:
    user = _user(folder)
    url = embedded.keep_running(folder).database_url
    user.send_signal(signal.SIGINT)
    user.communicate(timeout=60)
    assert _answers(url)
    assert embedded.stop(folder)
    assert not _answers(url)


def test_recovers_a_killed_server_with_what_was_committed(folder: Path) -> None:
    with embedded.services(folder, durable=True) as running:
        with psycopg.connect(running.owner_database_url) as owner:
            owner.execute("CREATE TABLE kept (n int)")
            owner.execute("INSERT INTO kept SELECT generate_series(1, 1000)")
        os.kill(_server_process(folder), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while not _answers(running.database_url) and time.monotonic() < deadline:
            embedded.recover(running)  # the killed server's children listen a moment longer
        with psycopg.connect(running.database_url) as app:
            assert app.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_takes_another_port_when_its_own_was_taken(folder: Path) -> None:
    with embedded.services(folder, durable=False):
        pass
    state = State.read(folder)
    assert state is not None
    taken = free_port(preferred=0)
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(taken)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as other:
        deadline = time.monotonic() + 20
        while free_port(preferred=taken) == taken and time.monotonic() < deadline:
            time.sleep(0.02)
        state.replaced(postgres_port=taken, redis_port=taken)
        with embedded.services(folder, durable=False) as running:
            assert str(taken) not in running.database_url
            assert _answers(running.database_url)
        other.terminate()


def test_keeps_passwords_from_other_users_of_the_machine(folder: Path) -> None:
    with embedded.services(folder, durable=False):
        kept = folder / State.FILE_NAME
        assert kept.stat().st_mode & 0o077 == 0
        passwords = json.loads(kept.read_text())["passwords"]
        assert len(set(passwords.values())) == 3
