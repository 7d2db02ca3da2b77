"""A read-only database role for one firm's own analysis; run as the tables' owner.

Why policies and not views: docs/adr/0037-a-reporting-role-is-bound-to-one-firm.md.
"""

import re
from typing import Final

from django.db import connection, transaction
from psycopg import sql

from psa.core.errors import DomainError, NotFound
from psa.core.tenancy.models import Tenant

PREFIX: Final = "psa_report_"
_NAME = re.compile(rf"^{PREFIX}[a-z0-9_]{{1,40}}$")
# What analysis asks for. No secrets, sessions, tokens, mail, personal settings or staged imports.
TABLES: Final = (
    "access_membership",
    "billing_invoice", "billing_invoicebalance", "billing_invoiceline", "billing_invoicetax",
    "billing_payment", "billing_paymentallocation", "billing_proposal", "billing_proposalline",
    "ledger_actual", "ledger_fiscalperiod", "ledger_journalentry", "ledger_journalline",
    "ledger_ledgeraccount", "money_fxrate",
    "org_jobrole", "org_legalentity", "org_orgunit", "org_resource", "org_transactioncategory",
    "projects_assignment", "projects_project", "projects_task", "projects_teammember",
    "resources_resourceskill", "resources_skill", "revenue_obligation", "revenue_revenueestimate",
    "sales_account", "sales_contract", "sales_contractline", "sales_opportunity", "sales_quote",
    "sales_quoteline", "timeexpense_expenseentry", "timeexpense_expensereport",
    "timeexpense_timeentry",
)  # fmt: skip


@transaction.atomic
def bind_role(*, role: str, slug: str) -> int:
    """Let a role that exists read one firm's figures, and no other's whatever it sets; how many
    tables. Calling it again after an upgrade adds what is new.

    Raises  NotFound for a firm or role that does not exist; DomainError for a name that is not a
            reporting role's, a role that may do more than read, or one bound to another firm.
    """
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise NotFound(f"There is no tenant “{slug}”.")
    _check_role(role)
    bound = _bound_to(role)
    if bound and bound != {tenant.pk}:
        raise DomainError(f"{role} reads another firm already. Make a role for each firm.")
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
        for table in TABLES:
            shown = sql.Identifier(table)
            cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(shown, name))
            cursor.execute(sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(name, shown))
            cursor.execute(
                sql.SQL(
                    "CREATE POLICY {} ON {} AS RESTRICTIVE FOR SELECT TO {} USING (tenant_id = {})"
                ).format(name, shown, name, sql.Literal(tenant.pk))
            )
    return len(TABLES)


@transaction.atomic
def release_role(*, role: str) -> int:
    """Take it all back, so that the role can be dropped; of how many tables. Raises  DomainError."""
    if not _NAME.match(role):
        raise DomainError(f"A reporting role is called {PREFIX}…, such as {PREFIX}acme.")
    name = sql.Identifier(role)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = %s",
            [role],
        )
        tables = [row[0] for row in cursor.fetchall()]
        # Rights first: without its policy the role would be held by the firm it names itself.
        for table in tables:
            shown = sql.Identifier(table)
            cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(shown, name))
            cursor.execute(sql.SQL("DROP POLICY {} ON {}").format(name, shown))
        if tables:
            cursor.execute(sql.SQL("REVOKE USAGE ON SCHEMA public FROM {}").format(name))
    return len(tables)


def _check_role(role: str) -> None:
    if not _NAME.match(role):
        raise DomainError(f"A reporting role is called {PREFIX}…, such as {PREFIX}acme.")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication"
            " OR EXISTS (SELECT 1 FROM pg_auth_members WHERE member = pg_roles.oid)"
            " FROM pg_roles WHERE rolname = %s",
            [role],
        )
        found = cursor.fetchone()
    if found is None:
        raise NotFound(
            f"There is no role {role}. As the database's administrator: CREATE ROLE {role} LOGIN "
            "NOINHERIT PASSWORD '…';"
        )
    if found[0]:
        raise DomainError(f"{role} may do more than read. Make a role without other rights.")


def _bound_to(role: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT substring(qual FROM 'tenant_id = ''?(\\d+)')::bigint FROM pg_policies"
            " WHERE schemaname = 'public' AND policyname = %s",
            [role],
        )
        return {row[0] for row in cursor.fetchall()}
