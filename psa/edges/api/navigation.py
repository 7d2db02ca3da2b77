"""Where tokens stand in the navigation and the palette."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

register(
    NavItem(
        "API tokens",
        "api:token_list",
        Stage.SETUP,
        AccessPermission.MANAGE_USERS,
        order=70,
        also=("api:token", "api:service_token_create"),
        group=Group.AUTOMATION,
        about="Keys with which other programs work here.",
    )
)
register_commands(
    Command("My API tokens", "api:own_token_list", None, "lock", "key program integration"),
    Command("New API token", "api:token_create", None, "plus", "key program integration"),
)
