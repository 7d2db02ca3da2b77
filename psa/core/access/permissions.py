"""Permissions of the floor. Rooms declare their own beside their services."""

from enum import StrEnum


class AccessPermission(StrEnum):
    MANAGE_USERS = "access.manage_users"
    MANAGE_PARAMETERS = "access.manage_parameters"
    VIEW_AS = "access.view_as"
    VIEW_AUDIT = "audit.view"


class OrgPermission(StrEnum):
    VIEW = "org.view"
    MANAGE = "org.manage"
    MANAGE_CALENDARS = "org.manage_calendars"


class PricingPermission(StrEnum):
    """Rates are confidential: *_OWN reaches the rows that the holder answers for."""

    VIEW_COST_RATES = "pricing.view_cost_rates"
    VIEW_COST_RATES_OWN = "pricing.view_cost_rates_own"
    VIEW_BILL_RATES = "pricing.view_bill_rates"
    VIEW_BILL_RATES_OWN = "pricing.view_bill_rates_own"
    VIEW_SALES_LISTS = "pricing.view_sales_lists"
    VIEW_ALL_LISTS = "pricing.view_all_lists"
    MANAGE_LISTS = "pricing.manage_lists"
    REPLAY_UNPRICED = "pricing.replay_unpriced"


class LedgerPermission(StrEnum):
    VIEW_ACTUALS = "ledger.view_actuals"
    VIEW_GL = "ledger.view_gl"
    POST = "ledger.post"
    MANAGE_PERIODS = "ledger.manage_periods"
    REOPEN_PERIOD = "ledger.reopen_period"
    EXPORT = "ledger.export"


class JobsPermission(StrEnum):
    VIEW_ALL = "jobs.view_all"
    CANCEL_ALL = "jobs.cancel_all"
