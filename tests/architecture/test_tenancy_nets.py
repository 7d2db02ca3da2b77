"""Tenants never meet: the three nets hold for every model, in the database itself."""

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import connection, models
from django_scopes.exceptions import ScopeError

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.fields import TenantForeignKey
from psa.core.tenancy.models import TenantFact, TenantModel

ROOT = Path(__file__).resolve().parents[2]

# Tables without a tenant, and why.
GLOBAL_MODELS = {
    "tenancy.Tenant": "the tenants themselves",
    "tenancy.TenantRemoval": "what is left of a removed tenant: its name and how much it had",
    "access.User": "a person may work in several tenants",
    "access.AccountMail": "a mail about a person's account belongs to no firm; sealed until it is sent",
    "operations.Operator": "who operates the installation; the application may only read it",
    "operations.BackupMade": "a backup is of the whole installation",
    "jobs.JobTicket": "how the dispatcher finds work; it holds ids alone",
    "auth.Permission": "Django's own, unused",
    "auth.Group": "Django's own, unused",
    "contenttypes.ContentType": "Django's own",
    "sessions.Session": "a session is the user's",
    "account.EmailAddress": "the sign-in library's",
    "account.EmailConfirmation": "the sign-in library's",
    "mfa.Authenticator": "factors are the person's own, in every firm",
    "usersessions.UserSession": "a session is the user's",
    "socialaccount.SocialAccount": "which provider of which tenant knows a person as what",
    "socialaccount.SocialToken": "the sign-in library's, unused: no token is kept",
    "socialaccount.SocialApp": "the sign-in library's, unused: providers are tenant rows",
}

# The escape hatch, and who may use it for what.
ALL_TENANTS_USERS = {
    "psa/core/access/middleware.py": "memberships are looked up before a tenant is known",
    "psa/core/tenancy/models.py": "its declaration",
    "psa/core/ledger/selectors.py": "inside a subquery whose outer query names the tenant",
    "psa/core/org/features.py": "inside a subquery whose outer query names the tenant",
    "psa/edges/identity/selectors.py": "an address's domain leads to its firms before sign-in",
    "psa/edges/operations/services/people.py": "whether a person who left has another firm",
    "psa/edges/operations/services/tenants.py": "whether a removed firm's member has another firm",
    "billing/selectors/leakage.py": "inside a subquery whose outer query names the tenant",
}


def tenant_models() -> list[type[TenantModel]]:
    return [m for m in apps.get_models() if issubclass(m, TenantModel)]


def test_every_model_has_a_tenant_or_a_stated_reason() -> None:
    without = {
        model._meta.label
        for model in apps.get_models()
        if not issubclass(model, TenantModel) and not model._meta.auto_created
    }
    assert without == set(GLOBAL_MODELS)


@pytest.mark.django_db
def test_row_security_is_enabled_and_forced_on_every_tenant_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, "
            "       (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind = 'r'"
        )
        tables = {name: (enabled, forced, count) for name, enabled, forced, count in cursor}
    unsafe = [
        m._meta.db_table
        for m in tenant_models()
        if tables[m._meta.db_table][:2] != (True, True) or tables[m._meta.db_table][2] < 1
    ]
    assert unsafe == []


@pytest.mark.django_db
def test_every_reference_between_tenant_tables_is_composite() -> None:
    plain = [
        f"{model._meta.label}.{field.name}"
        for model in tenant_models()
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
        and issubclass(field.related_model, TenantModel)
        and not isinstance(field, TenantForeignKey)
    ]
    assert plain == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conkey::text, array_length(conkey, 1) "
            "FROM pg_constraint WHERE contype = 'f'"
        )
        keys = cursor.fetchall()
    composite = sum(1 for _, _, width in keys if width == 2)
    expected = sum(
        isinstance(field, TenantForeignKey)
        for model in tenant_models()
        for field in model._meta.local_fields
    )
    assert composite == expected


def test_every_fact_is_tied_to_its_tenant_by_a_reference_that_is_never_empty() -> None:
    facts = [m for m in tenant_models() if issubclass(m, TenantFact)]
    loose = [
        model._meta.label
        for model in facts
        if not any(
            isinstance(field, TenantForeignKey) and not field.null and field.related_model != model
            for field in model._meta.local_fields
        )
    ]
    assert facts
    assert loose == []


@pytest.mark.django_db
def test_the_application_role_owns_nothing_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole "
            "FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
            "WHERE r.rolname = current_user AND c.relpersistence = 'p'"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_without_a_tenant_there_are_no_rows_and_no_writes(
    app_connection: Callable[[], psycopg.Connection],
) -> None:
    raw = app_connection()
    for model in tenant_models():
        assert raw.execute(f"SELECT count(*) FROM {model._meta.db_table}").fetchone() == (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(
            "INSERT INTO org_jobrole "
            "(tenant_id, code, name, billing_type, target_utilisation_percent, is_active) "
            "VALUES (1, 'X', 'X', 'chargeable', 75, true)"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("model", tenant_models(), ids=lambda m: m._meta.label)
def test_the_manager_raises_outside_a_scope(model: type[TenantModel]) -> None:
    with pytest.raises(ScopeError):
        model.objects.count()


def test_the_escape_hatch_is_used_only_where_it_is_allowed() -> None:
    folders = ("psa", "sales", "projects", "resources", "timeexpense", "billing", "revenue")
    users = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\ball_tenants\b", path.read_text("utf-8"))
    }
    assert users <= set(ALL_TENANTS_USERS)


def test_every_unique_key_contains_the_tenant() -> None:
    loose = [
        f"{model._meta.label}.{rule.name}"
        for model in tenant_models()
        for rule in model._meta.constraints
        if isinstance(rule, models.UniqueConstraint) and "tenant" not in rule.fields
    ]
    assert loose == []


@pytest.mark.django_db
def test_append_only_tables_are_not_even_granted_change() -> None:
    guarded = [
        m._meta.db_table
        for m in tenant_models()
        if any(isinstance(rule, AppendOnly) for rule in m._meta.constraints)
    ]
    assert {
        "ledger_actual",
        "ledger_journalentry",
        "ledger_journalline",
        "audit_auditentry",
    } <= set(guarded)
    with connection.cursor() as cursor:
        for table in guarded:
            cursor.execute(
                "SELECT has_table_privilege(%s, 'UPDATE'), has_table_privilege(%s, 'DELETE'), "
                "has_table_privilege(%s, 'TRUNCATE')",
                [table] * 3,
            )
            assert cursor.fetchone() == (False, False, False), table
