"""The roles a tenant starts with (spec PLT-5), as data; a tenant may edit its copies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DefaultRole:
    code: str
    name: str
    permissions: tuple[str, ...]


_OWN_TIME = ("timeexpense.enter", "projects.view_own_tasks")

DEFAULT_ROLES = (
    DefaultRole("team_member", "Team member", _OWN_TIME),
    DefaultRole(
        "project_manager",
        "Project manager",
        (
            *_OWN_TIME,
            "timeexpense.approve",
            "projects.view_own",
            "projects.manage_own",
            "projects.create",
            "pricing.view_cost_rates_own",
            "pricing.view_bill_rates_own",
            "billing.view_own",
            "billing.propose_own",
            "sales.view_own",
            "resources.view",
            "revenue.view_own",
        ),
    ),
    DefaultRole(
        "project_approver",
        "Project approver",
        (*_OWN_TIME, "timeexpense.approve", "projects.view_own"),
    ),
    DefaultRole(
        "resource_manager",
        "Resource manager",
        (*_OWN_TIME, "projects.view", "resources.view", "resources.manage", "org.manage_calendars"),
    ),
    DefaultRole(
        "account_manager",
        "Account manager",
        (
            *_OWN_TIME,
            "sales.view_own",
            "sales.manage",
            "sales.win",
            "projects.view_own",
            "pricing.view_bill_rates",
            "pricing.view_cost_rates_own",
            "pricing.view_sales_lists",
            "billing.view_own",
        ),
    ),
    DefaultRole(
        "billing_manager",
        "Billing manager",
        (
            *_OWN_TIME,
            "sales.view",
            "projects.view",
            "pricing.view_bill_rates",
            "pricing.view_sales_lists",
            "billing.view",
            "billing.propose",
            "billing.review",
            "billing.confirm",
            "billing.credit",
        ),
    ),
    DefaultRole(
        "finance_manager",
        "Finance manager",
        (
            *_OWN_TIME,
            "sales.view",
            "projects.view",
            "projects.override_budget",
            "pricing.view_cost_rates",
            "pricing.view_bill_rates",
            "pricing.view_all_lists",
            "pricing.manage_lists",
            "pricing.replay_unpriced",
            "billing.view",
            "billing.propose",
            "billing.review",
            "billing.approve",
            "billing.confirm",
            "billing.credit",
            "billing.credit_over_limit",
            "billing.record_payment",
            "timeexpense.approve",
            "timeexpense.grant_recall",
            "timeexpense.view_all",
            "timeexpense.manage_policy",
            "timeexpense.manage_cards",
            "timeexpense.export_payroll",
            "ledger.view_actuals",
            "ledger.view_gl",
            "ledger.post",
            "ledger.manage_periods",
            "ledger.reopen_period",
            "ledger.export",
            "revenue.view",
            "revenue.estimate",
            "revenue.approve",
            "revenue.post",
            "audit.view",
            "jobs.view_all",
        ),
    ),
    DefaultRole(
        "practice_leader",
        "Practice leader",
        (
            *_OWN_TIME,
            "sales.view",
            "projects.view",
            "resources.view",
            "pricing.view_cost_rates",
            "pricing.view_bill_rates",
            "pricing.view_all_lists",
            "billing.view",
            "ledger.view_gl",
            "ledger.view_actuals",
            "revenue.view",
        ),
    ),
    DefaultRole(
        "administrator",
        "Administrator",
        (
            *_OWN_TIME,
            "timeexpense.enter_for_others",
            "timeexpense.manage_policy",
            "access.manage_users",
            "access.manage_parameters",
            "access.view_as",
            "audit.view",
            "org.view",
            "org.manage",
            "org.manage_calendars",
            "projects.view",
            "projects.manage_all",
            "projects.override_budget",
            "resources.view",
            "resources.manage",
            "pricing.view_bill_rates",
            "pricing.view_all_lists",
            "pricing.manage_lists",
            "pricing.replay_unpriced",
            "jobs.view_all",
            "jobs.cancel_all",
        ),
    ),
    DefaultRole("subcontractor", "Subcontractor", _OWN_TIME),
)

# What firms that were set up earlier are still to be given, by the version of the defaults that it
# came with. A permission that joins a role above is named here too, under the next number.
ADDED_PERMISSIONS: tuple[tuple[int, str, str], ...] = (
    (1, "finance_manager", "projects.override_budget"),
    (1, "finance_manager", "timeexpense.approve"),
    (1, "finance_manager", "timeexpense.manage_policy"),
    (1, "finance_manager", "timeexpense.manage_cards"),
    (1, "finance_manager", "timeexpense.export_payroll"),
    (1, "administrator", "projects.override_budget"),
    (1, "administrator", "timeexpense.manage_policy"),
    (3, "finance_manager", "billing.credit_over_limit"),
)
