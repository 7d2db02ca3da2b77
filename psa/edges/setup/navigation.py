"""Where setting up stands in the navigation and the palette."""

from psa.core.access.permissions import AccessPermission, LedgerPermission, OrgPermission
from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

register(
    NavItem(
        "Checklist",
        "setup:checklist",
        Stage.SETUP,
        AccessPermission.MANAGE_PARAMETERS,
        order=5,
        also=("setup:preflight",),
    ),
    NavItem("Categories", "setup:category_list", Stage.SETUP, OrgPermission.VIEW, order=52),
    NavItem(
        "Chart of accounts",
        "setup:ledger_account_list",
        Stage.SETUP,
        (AccessPermission.MANAGE_PARAMETERS, LedgerPermission.POST),
        order=53,
        also=("setup:ledger_account_create", "setup:ledger_account"),
    ),
    NavItem(
        "Posting profiles",
        "setup:profile_list",
        Stage.SETUP,
        AccessPermission.MANAGE_PARAMETERS,
        order=54,
    ),
    NavItem(
        "Tax codes",
        "setup:tax_code_list",
        Stage.SETUP,
        AccessPermission.MANAGE_PARAMETERS,
        order=56,
        also=("setup:tax_code", "setup:tax_rate", "setup:category_taxes"),
    ),
    NavItem(
        "Parameters",
        "setup:parameters",
        Stage.SETUP,
        AccessPermission.MANAGE_PARAMETERS,
        order=10,
        also=("setup:decision", "setup:control"),
    ),
    NavItem(
        "Exchange rates",
        "setup:rate_list",
        Stage.SETUP,
        AccessPermission.MANAGE_PARAMETERS,
        order=25,
    ),
    NavItem(
        "Legal entities",
        "setup:entity_list",
        Stage.SETUP,
        OrgPermission.VIEW,
        order=30,
        also=("setup:entity",),
    ),
    NavItem("Units", "setup:unit_list", Stage.SETUP, OrgPermission.VIEW, order=35),
    NavItem("Roles", "setup:role_list", Stage.SETUP, OrgPermission.VIEW, order=40),
    NavItem("Staff records", "setup:person_list", Stage.SETUP, OrgPermission.VIEW, order=45),
    NavItem(
        "Calendars", "setup:calendar_list", Stage.SETUP, OrgPermission.MANAGE_CALENDARS, order=50
    ),
    NavItem(
        "Users",
        "setup:user_list",
        Stage.SETUP,
        AccessPermission.MANAGE_USERS,
        order=60,
        also=("identity:invitation_list", "identity:invitation"),
    ),
)
register_commands(
    Command(
        "Invite somebody",
        "setup:user_create",
        AccessPermission.MANAGE_USERS,
        "plus",
        "new user member",
    ),
    Command(
        "Go-live preflight",
        "setup:preflight",
        AccessPermission.MANAGE_PARAMETERS,
        "checklist",
        "dry run readiness",
    ),
    Command(
        "Manual controls",
        "setup:control_list",
        LedgerPermission.MANAGE_PERIODS,
        "checklist",
        "acknowledge policy rules finance",
    ),
    Command("Decision log", "setup:decision_list", AccessPermission.MANAGE_PARAMETERS, "file-text"),
    Command("New person", "setup:person_create", OrgPermission.MANAGE, "plus", "resource employee"),
    Command("New unit", "setup:unit_create", OrgPermission.MANAGE, "plus", "organisation tree"),
)
