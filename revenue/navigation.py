"""Where the room stands in the navigation and the command palette."""

from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

from .permissions import RevenuePermission

register(
    NavItem(
        "Period close", "revenue:close", Stage.ACCOUNT, order=10, permission=RevenuePermission.VIEW
    ),
    NavItem(
        "Revenue", "revenue:estimate_list", Stage.ACCOUNT, order=20,
        permission=RevenuePermission.VIEW, also=("revenue:estimate",),
    ),
    NavItem(
        "WIP", "revenue:work_in_progress", Stage.ACCOUNT, order=30,
        permission=RevenuePermission.VIEW,
    ),
)  # fmt: skip
register_commands(
    Command("Period close", "revenue:close", permission=RevenuePermission.VIEW),
    Command(
        "Work in progress", "revenue:work_in_progress", permission=RevenuePermission.VIEW,
        words="wip unbilled roll-forward",
    ),
)  # fmt: skip
