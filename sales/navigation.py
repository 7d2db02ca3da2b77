"""Where the room stands in the navigation and the command palette."""

from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

from .permissions import SalesPermission

SEE = (SalesPermission.VIEW, SalesPermission.VIEW_OWN)

register(
    NavItem("Pipeline", "sales:pipeline", Stage.SELL, permission=SEE, order=10),
    NavItem("Opportunities", "sales:opportunity_list", Stage.SELL, permission=SEE, order=20),
    NavItem(
        "Quotes", "sales:quote_list", Stage.SELL, permission=SEE, order=30,
        also=("sales:line_create", "sales:line_edit", "sales:milestones", "lifecycle:win"),
    ),
    NavItem("Contracts", "sales:contract_list", Stage.SELL, permission=SEE, order=40),
    NavItem("Customers", "sales:account_list", Stage.SELL, permission=SEE, order=50),
)  # fmt: skip
register_commands(
    Command(
        "New opportunity",
        "sales:opportunity_create",
        permission=SalesPermission.MANAGE,
        icon="plus",
    ),
    Command("New customer", "sales:account_create", permission=SalesPermission.MANAGE, icon="plus"),
)
