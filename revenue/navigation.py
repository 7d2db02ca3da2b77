"""Where the room stands in the navigation and the command palette."""

from psa.core.org.rules.deployment import Feature
from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

from .permissions import RevenuePermission

register(
    NavItem(
        "Period close", "revenue:close", Stage.ACCOUNT, order=10, permission=RevenuePermission.VIEW
    ),
    NavItem(
        "Revenue", "revenue:estimate_list", Stage.ACCOUNT, order=20,
        permission=RevenuePermission.VIEW, also=("revenue:estimate",), feature=Feature.REVENUE,
    ),
    NavItem(
        "WIP", "revenue:work_in_progress", Stage.ACCOUNT, order=30,
        permission=RevenuePermission.VIEW, feature=Feature.REVENUE,
    ),
    NavItem(
        "Contract costs", "revenue:contract_cost_list", Stage.ACCOUNT, order=32,
        permission=RevenuePermission.VIEW, also=("revenue:contract_cost",), feature=Feature.REVENUE,
    ),
    NavItem(
        "Intercompany", "revenue:intercompany", Stage.ACCOUNT, order=34,
        permission=RevenuePermission.VIEW,
        also=(
            "revenue:intercompany_invoice_list", "revenue:intercompany_invoice",
            "revenue:intercompany_payment_list", "revenue:intercompany_payment",
        ), feature=Feature.REVENUE,
    ),
    NavItem(
        "Unit margins", "revenue:unit_margins", Stage.ACCOUNT, order=36,
        permission=RevenuePermission.VIEW, feature=Feature.REVENUE,
    ),
)  # fmt: skip
register_commands(
    Command("Period close", "revenue:close", permission=RevenuePermission.VIEW),
    Command(
        "Work in progress", "revenue:work_in_progress", permission=RevenuePermission.VIEW,
        words="wip unbilled roll-forward",
    ),
    Command(
        "Contract costs", "revenue:contract_cost_list", permission=RevenuePermission.VIEW,
        words="capitalised commission amortise amortisation impairment",
    ),
    Command(
        "Intercompany", "revenue:intercompany", permission=RevenuePermission.VIEW,
        words="lent borrowed transfer price who owes whom elimination group margin",
    ),
    Command(
        "Unit margins", "revenue:unit_margins", permission=RevenuePermission.VIEW,
        words="margin by unit department practice internal charge lent",
    ),
    Command(
        "Intercompany invoices", "revenue:intercompany_invoice_list",
        permission=RevenuePermission.VIEW, words="lent work invoice between legal entities",
    ),
    Command(
        "Intercompany payments", "revenue:intercompany_payment_list",
        permission=RevenuePermission.VIEW, words="pay settle sister company between legal entities",
    ),
)  # fmt: skip
