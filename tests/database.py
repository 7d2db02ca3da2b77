"""The test databases: one template migrated by the owner role, a copy for each process or test.

All connections of the application are the application's role, so row-level security and missing
grants show in every test. Nothing is flushed: append-only tables refuse TRUNCATE; a test that
needs real commits gets a database of its own. Why so: docs/adr/0011-test-databases.md.
"""

import copy
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connections, transaction
from django.test import override_settings
from psycopg import sql
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from psa.embedded import PROJECT
from psa.embedded.postgres import GRANTS, connect, grant_in_database
from tests import factories

_TEMPLATE_PREFIX = "psa_template_"
_TEST_PREFIX = "psa_test_"
_TEMPLATES_KEPT = 6
_LONGEST_DROP_SECONDS = 30
_END_CLIENTS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = %s AND pg_has_role(usesysid, 'USAGE')
"""
Made = TypeVar("Made")
# What the fixture `standing_scene` gives.
StandingScene = Callable[[Callable[[], Made]], Made]
_copy_numbers = itertools.count(1)
# What `kept_scene` was given, with the database it stands in and what it made.
_scenes: dict[Callable[[], Any], tuple[str, Any]] = {}


def pytest_sessionstart(session: pytest.Session) -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()  # left by an earlier process with the same number
    Path(os.environ["PSA_DATA"]).mkdir(parents=True, exist_ok=True)
    if not session.config.option.collectonly:
        threading.Thread(target=_build_ahead, name="template", daemon=True).start()


def _build_ahead() -> None:
    """One of all processes builds the template; whoever needs it first waits for what is left.

    What fails here fails there again, and is told there; or the session is over.
    """
    with suppress(psycopg.OperationalError, pytest.exit.Exception):
        ensure_template()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests without a database first: the template is built meanwhile. Then those of a browser, the
    longest: at the end they would leave the other processes without work.
    """
    items.sort(key=lambda item: (_needs_database(item), not item.get_closest_marker("browser")))


def _needs_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & {"django_db_setup", "db"}) or bool(item.get_closest_marker("django_db"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    shutil.rmtree(os.environ["PSA_DATA"], ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The process's own database, in place of the one pytest-django would create and flush."""
    name = current_database()
    _drop_databases_of_dead_processes()
    with django_db_blocker.unblock():
        _make_standing(name)
        copy_standing(name)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    for made in (name, _standing_name(), *(kept for kept, _ in _scenes.values())):
        drop_database(made)
        shutil.rmtree(_files_of(made), ignore_errors=True)


def _make_standing(name: str) -> None:
    """The database that the process's own and its fresh ones are copied from: template and firms."""
    copy_template(_standing_name())
    _use(_standing_name())
    factories.set_up_standing_firms()
    _use(name)


@pytest.fixture
def committed_database(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The name of a fresh database, Django's current one meanwhile: what is committed stays there.

    For tests of races, jobs, child processes and pages served to a browser. Not together with
    `db`, whose transaction is on the other database. The standing firm is in it, except where the
    mark `empty_database` asks for an installation without any.
    """
    rollback_fixtures = {"db", "transactional_db"} & set(request.fixturenames)
    if rollback_fixtures or request.node.get_closest_marker("django_db"):
        pytest.fail("committed_database replaces db and the django_db mark; use one of them")
    empty = request.node.get_closest_marker("empty_database") is not None
    with fresh_database(django_db_blocker, empty=empty) as name:
        yield name


@pytest.fixture
def live_site(committed_database: str) -> Iterator[LiveServer]:
    """The application served to a browser from the committed database; its address is `.url`."""
    server = LiveServer("127.0.0.1:0")
    yield server
    server.stop()


@pytest.fixture
def owner_connection(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """A connection of the tables' owner to the current database; commit is the test's matter."""
    with psycopg.connect(database_url("owner")) as connection:
        yield connection


@pytest.fixture
def app_connection(django_db_setup: None) -> Iterator[Callable[[], psycopg.Connection]]:
    """Makes connections of the application's role to the current database, closed at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(psycopg.connect(database_url("app")))


def database_url(role: str) -> str:
    """The address of the database that Django uses now, as "app" or as "owner"."""
    variable = {"app": "DATABASE_URL", "owner": "PSA_OWNER_DATABASE_URL"}[role]
    return _with_database(os.environ[variable], current_database())


def current_database() -> str:
    """The name of the database that Django uses now."""
    return str(connections.databases["default"]["NAME"])


@contextmanager
def fresh_database(blocker: DjangoDbBlocker, *, empty: bool = False) -> Iterator[str]:
    """A database and document files of its own for Django and its children, with the standing firm."""
    former = current_database()
    name = f"{former}_{next(_copy_numbers)}"
    (copy_template if empty else copy_standing)(name)
    with blocker.unblock(), _own_files(name):
        _use(name)
        try:
            yield name
        finally:
            _use(former)
    drop_database(name)


@contextmanager
def _own_files(name: str) -> Iterator[None]:
    """What other tests store is not this database's: a backup would copy it, or find it damaged."""
    former = os.environ["PSA_DATA"]
    folder = _files_of(name)
    folder.mkdir(parents=True)
    os.environ["PSA_DATA"] = str(folder)
    try:
        with override_settings(PSA_DATA=folder, MEDIA_ROOT=folder / "documents"):
            yield
    finally:
        os.environ["PSA_DATA"] = former
        shutil.rmtree(folder, ignore_errors=True)


def copy_standing(name: str) -> None:
    """Create the database `name` as a copy of the process's own with the standing firm."""
    _copy(_standing_name(), name)
    factories.stands_in(name, as_in=_standing_name())


def _standing_name() -> str:
    return f"{_TEST_PREFIX}{os.getpid()}_standing"


def kept_scene(build: Callable[[], Made]) -> Made:
    """What `build` makes in the present committed database, made by this process once.

    Later the database becomes a copy of the one in which it was made, and its documents too.
    """
    name = current_database()
    connections.close_all()
    if build not in _scenes:
        made = build()
        kept = f"{_standing_name()}_{len(_scenes)}"
        connections.close_all()
        _copy(name, kept)
        shutil.copytree(os.environ["PSA_DATA"], _files_of(kept))
        _scenes[build] = (kept, made)
    else:
        kept, made = _scenes[build]
        drop_database(name)
        _copy(kept, name)
        shutil.copytree(_files_of(kept), os.environ["PSA_DATA"], dirs_exist_ok=True)
    return copy.deepcopy(made)


@pytest.fixture
def standing_scene(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[StandingScene[Any]]:
    """Gives what a function makes, made by this process once; what the test does to it is undone.

    In place of `db`, for firms with a record of every kind, which take seconds to make.
    """
    with ExitStack() as stack:
        yield lambda build: stack.enter_context(_undone_afterwards(django_db_blocker, build))


@contextmanager
def _undone_afterwards(blocker: DjangoDbBlocker, build: Callable[[], Made]) -> Iterator[Made]:
    if build not in _scenes:
        with fresh_database(blocker):
            kept_scene(build)
    kept, made = _scenes[build]
    former = current_database()
    with blocker.unblock(), _own_files(f"{kept}_used"):
        shutil.copytree(_files_of(kept), os.environ["PSA_DATA"], dirs_exist_ok=True)
        _use(kept)
        try:
            with transaction.atomic():
                yield copy.deepcopy(made)
                transaction.set_rollback(True)
        finally:
            _use(former)


def _files_of(name: str) -> Path:
    return Path(os.environ["PSA_DATA"]).with_name(name)


def copy_template(name: str) -> None:
    """Create the database `name` as a copy of the migrated template, built first if need be."""
    # Twice: another session may tidy up the template between our look and our copy.
    for attempt in (1, 2):
        ensure_template()
        try:
            _copy(template_name(), name)
        except psycopg.errors.UndefinedDatabase:
            if attempt == 2:
                raise
        else:
            return


def _copy(source: str, name: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with _owner() as owner:
        owner.execute(statement.format(sql.Identifier(name), sql.Identifier(source)))


def drop_database(name: str) -> None:
    """Drop `name`, ending connections to it that a test left open.

    `WITH (FORCE)` would be refused while an autovacuum worker tidies there, which only a superuser
    may end; without it the server ends such a worker itself.
    """
    statement = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    last_try = time.monotonic() + _LONGEST_DROP_SECONDS
    with _owner() as owner:
        while True:
            owner.execute(_END_CLIENTS, [name])
            try:
                owner.execute(statement)
            except psycopg.errors.ObjectInUse:
                if time.monotonic() > last_try:
                    raise
            else:
                return


def ensure_template() -> None:
    """Build the template of the present migrations unless it is there; others wait meanwhile."""
    name = template_name()
    if _exists(name):
        return
    with connect(_maintenance_url()) as admin:
        admin.execute("SELECT pg_advisory_lock(hashtext(%s))", [_TEMPLATE_PREFIX])
        if _exists(name):
            return
        unfinished = f"{name}_unfinished"
        drop_database(unfinished)
        with _owner() as owner:
            owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            _migrate(unfinished)
            for change in (
                "ALTER DATABASE {} ALLOW_CONNECTIONS false",
                "ALTER DATABASE {} RENAME TO {}",
            ):
                owner.execute(sql.SQL(change).format(*map(sql.Identifier, (unfinished, name))))
        _drop_old_templates()


@cache
def template_name() -> str:
    """The name for the present migrations: whatever shapes the schema is in its hash."""
    shaping = [
        *(path for room in _rooms() for path in room.rglob("migrations/*.py")),
        *(PROJECT / "psa" / "core" / "tenancy").rglob("*.py"),
        PROJECT / "requirements" / "lock.txt",
        GRANTS,
    ]
    digest = hashlib.sha256()
    for path in sorted(set(shaping)):
        digest.update(str(path.relative_to(PROJECT)).encode())
        digest.update(path.read_bytes())
    return _TEMPLATE_PREFIX + digest.hexdigest()[:16]


def _rooms() -> list[Path]:
    return [path.parent for path in PROJECT.glob("*/__init__.py") if path.parent.name != "tests"]


def _migrate(database: str) -> None:
    with psycopg.connect(_with_database(os.environ["PSA_OWNER_DATABASE_URL"], database)) as owner:
        grant_in_database(owner)
    done = subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), "migrate", "--verbosity=0"],
        cwd=PROJECT,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "psa.settings",
            "DATABASE_URL": _with_database(os.environ["DATABASE_URL"], database),
            "PSA_OWNER_DATABASE_URL": _with_database(
                os.environ["PSA_OWNER_DATABASE_URL"], database
            ),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.exit(f"The test template could not be migrated:\n{done.stdout}{done.stderr}", 3)


def _use(name: str) -> None:
    connections.close_all()
    connections.databases["default"]["NAME"] = name
    for variable in ("DATABASE_URL", "PSA_OWNER_DATABASE_URL"):
        os.environ[variable] = _with_database(os.environ[variable], name)


def _drop_databases_of_dead_processes() -> None:
    for name in _databases(_TEST_PREFIX):
        process_id = int(name.removeprefix(_TEST_PREFIX).partition("_")[0])
        if not _is_alive(process_id):
            drop_database(name)


def _drop_old_templates() -> None:
    for name in _databases(_TEMPLATE_PREFIX)[:-_TEMPLATES_KEPT]:
        with _owner() as owner:
            try:
                owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            except psycopg.errors.ObjectInUse:
                continue  # being copied, so not old to everybody; a later build drops it


def _databases(prefix: str) -> list[str]:
    """Names that begin with `prefix`, oldest first."""
    with connect(_maintenance_url()) as admin:
        rows = admin.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", [prefix]
        ).fetchall()
    return [row[0] for row in rows]


def _exists(name: str) -> bool:
    return name in _databases(name)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _owner() -> psycopg.Connection:
    return connect(_with_database(os.environ["PSA_OWNER_DATABASE_URL"], "postgres"))


def _maintenance_url() -> str:
    return str(settings.SERVERS.admin_database_url)


def _with_database(url: str, name: str) -> str:
    return f"{url.rpartition('/')[0]}/{name}"
