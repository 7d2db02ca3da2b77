"""Permissions in words, grouped as people think of them; rooms' own names where nothing is here."""

from collections.abc import Iterable
from dataclasses import dataclass

from . import registry

_GROUPS = {
    "timeexpense": "Time and expenses",
    "projects": "Projects",
    "resources": "People and bookings",
    "sales": "Sales and contracts",
    "pricing": "Rates and price lists",
    "billing": "Invoices",
    "procurement": "Purchasing",
    "revenue": "Revenue",
    "ledger": "Ledger and periods",
    "org": "Organisation",
    "access": "Users and set-up",
    "audit": "Audit trail",
    "jobs": "Jobs",
}
_WORDS = {
    "access.manage_parameters": "Change parameters",
    "access.manage_users": "Manage users, rights and sign-in rules",
    "access.view_as": "View the application as another member, for support",
    "audit.view": "Read the audit trail",
    "billing.approve": "Approve invoices over the limit",
    "billing.confirm": "Confirm invoices",
    "billing.credit": "Issue credit notes",
    "billing.credit_over_limit": "Issue credit notes over the limit",
    "billing.propose": "Propose invoices of any contract",
    "billing.propose_own": "Propose invoices of own projects",
    "billing.record_payment": "Record payments and write off",
    "billing.review": "Review invoice proposals",
    "billing.view": "See all invoices",
    "billing.view_own": "See invoices of own projects and contracts",
    "jobs.cancel_all": "Cancel anybody's jobs",
    "jobs.view_all": "See anybody's jobs",
    "ledger.export": "Export journals",
    "ledger.manage_periods": "Close periods",
    "ledger.post": "Post journals",
    "ledger.reopen_period": "Re-open periods",
    "ledger.view_actuals": "See actuals",
    "ledger.view_gl": "See the general ledger",
    "org.manage": "Change entities, units, roles and staff records",
    "org.manage_calendars": "Change calendars",
    "org.view": "See entities, units, roles and staff records",
    "pricing.manage_lists": "Change price lists",
    "pricing.replay_unpriced": "Price again what had no price",
    "pricing.view_all_lists": "See all price lists, cost lists too",
    "pricing.view_bill_rates": "See bill rates",
    "pricing.view_bill_rates_own": "See bill rates of own projects and contracts",
    "pricing.view_cost_rates": "See cost rates and margins",
    "pricing.view_cost_rates_own": "See cost rates and margins of own projects and quotes",
    "pricing.view_sales_lists": "See sales price lists",
    "projects.create": "Create projects",
    "projects.manage_all": "Manage all projects",
    "projects.manage_own": "Manage own projects",
    "projects.view": "See all projects",
    "projects.view_own": "See own projects",
    "projects.view_own_tasks": "See own tasks",
    "resources.manage": "Book people and answer requests",
    "resources.view": "See people and bookings",
    "revenue.approve": "Approve revenue estimates",
    "revenue.estimate": "Draft revenue estimates",
    "revenue.post": "Post revenue",
    "revenue.view": "See revenue and work in progress",
    "revenue.view_own": "See revenue of own projects",
    "sales.manage": "Manage opportunities, quotes and contracts",
    "sales.view": "See all opportunities, quotes and contracts",
    "sales.view_own": "See own opportunities, quotes and contracts",
    "sales.win": "Win quotes and confirm contracts",
    "timeexpense.approve": "Approve time and expenses",
    "timeexpense.enter": "Enter own time and expenses",
    "timeexpense.enter_for_others": "Enter time and expenses for others",
    "timeexpense.export_payroll": "Export hours to payroll",
    "timeexpense.grant_recall": "Grant recalls of approved work",
    "timeexpense.manage_cards": "Import and match card statements",
    "timeexpense.manage_policy": "Set expense policy and rate tables",
    "timeexpense.view_all": "See everybody's time and expenses",
}


@dataclass(frozen=True, slots=True)
class PermissionGroup:
    """Permissions of one subject: (value, words)."""

    code: str
    title: str
    permissions: tuple[tuple[str, str], ...]


def groups() -> tuple[PermissionGroup, ...]:
    """Every known permission, grouped; subjects in the order in which value flows."""
    known = registry.all_permissions()
    found: dict[str, list[tuple[str, str]]] = {code: [] for code in _GROUPS}
    for value, label in known.items():
        found.setdefault(value.partition(".")[0], []).append((value, _WORDS.get(value, label)))
    return tuple(
        PermissionGroup(code, _GROUPS.get(code, code.capitalize()), tuple(permissions))
        for code, permissions in found.items()
        if permissions
    )


def words_of(values: Iterable[str]) -> list[str]:
    """The words of some permissions, in the order of their groups."""
    wanted = set(values)
    return [words for group in groups() for value, words in group.permissions if value in wanted]
