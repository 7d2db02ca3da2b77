"""A reporting role reads its own firm's figures and nothing else, whatever it sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg import sql

from psa.core.tenancy.models import TenantModel
from psa.edges.operations.services import reporting
from psa.embedded.postgres import connect
from tests.database import database_url
from tests.factories import Firm, make_firm

ROLE = "psa_report_test"


def admin_connection(database: str = "postgres") -> psycopg.Connection:
    return connect(f"{str(settings.SERVERS.admin_database_url).rpartition('/')[0]}/{database}")


@contextmanager
def as_owner() -> Iterator[None]:
    """The application's connection is the tables' owner's meanwhile, as manage.py arranges it."""
    own = connections.databases["default"]
    former = {name: own[name] for name in ("USER", "PASSWORD")}
    owner = urlsplit(database_url("owner"))
    connections.close_all()
    own.update(USER=owner.username, PASSWORD=owner.password)
    try:
        yield
    finally:
        connections.close_all()
        own.update(former)


@pytest.fixture
def firms(committed_database: str) -> Iterator[tuple[Firm, Firm]]:
    """Two firms, and a role that somebody made for the first; dropped at the end."""
    with admin_connection() as admin:
        admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(sql.Identifier(ROLE)))
        try:
            yield make_firm("acme"), make_firm("globex", cast={"otto": "administrator"})
        finally:
            with admin_connection(committed_database) as own:
                own.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(ROLE)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(ROLE)))


def seen(connection: psycopg.Connection, table: str, tenant_id: int | None) -> set[int]:
    connection.execute(
        "SELECT set_config('psa.tenant_id', %s, false)", [str(tenant_id) if tenant_id else ""]
    )
    rows = connection.execute(
        sql.SQL("SELECT DISTINCT tenant_id FROM {}").format(sql.Identifier(table))
    )
    return {row[0] for row in rows.fetchall()}


def test_reads_its_own_firm_only_and_writes_nothing(
    firms: tuple[Firm, Firm], committed_database: str
) -> None:
    acme, globex = firms
    with as_owner():
        call_command("reporting_role", ROLE, tenant="acme")
        call_command("reporting_role", ROLE, tenant="acme")
        with pytest.raises(CommandError, match="another firm"):
            call_command("reporting_role", ROLE, tenant="globex")
    with admin_connection(committed_database) as session:
        session.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(ROLE)))
        for table in ("org_resource", "org_jobrole", "access_membership"):
            assert seen(session, table, acme.tenant.pk) == {acme.tenant.pk}
            assert seen(session, table, globex.tenant.pk) == set()
            assert seen(session, table, None) == set()
        for refused in (
            "SELECT 1 FROM api_apitoken", "SELECT 1 FROM access_user",
            "DELETE FROM org_resource", "UPDATE org_jobrole SET name = 'x'",
            "CREATE TABLE mine (x int)",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(refused)
    with as_owner():
        call_command("reporting_role", ROLE, forget=True)
    with admin_connection(committed_database) as session:
        session.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(ROLE)))
        with pytest.raises(psycopg.errors.UndefinedTable):
            seen(session, "org_resource", acme.tenant.pk)


@pytest.mark.parametrize("role", ["psa_app", "psa_report_nobody", "psa_report_x; DROP TABLE y", ""])
def test_refuses_a_role_that_is_none_of_its_own(acme: Firm, role: str) -> None:
    with pytest.raises(CommandError):
        call_command("reporting_role", role, tenant="acme")


def test_lists_only_tables_of_tenants(acme: Firm) -> None:
    own = {m._meta.db_table for m in apps.get_models() if issubclass(m, TenantModel)}
    assert set(reporting.TABLES) <= own
