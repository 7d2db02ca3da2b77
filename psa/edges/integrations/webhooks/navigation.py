"""Where webhooks stand in the navigation and the palette."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

register(
    NavItem(
        "Webhooks",
        "webhooks:endpoint_list",
        Stage.SETUP,
        AccessPermission.MANAGE_PARAMETERS,
        order=75,
        also=("webhooks:endpoint", "webhooks:delivery"),
        group=Group.AUTOMATION,
        about="Other systems that are told of changes.",
    )
)
register_commands(
    Command(
        "New webhook", "webhooks:endpoint_create", AccessPermission.MANAGE_PARAMETERS, "plus", "api"
    )
)
