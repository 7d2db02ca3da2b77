"""Where channels stand in the navigation and the palette."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

register(
    NavItem(
        "Channels",
        "channels:channel_list",
        Stage.SETUP,
        AccessPermission.MANAGE_PARAMETERS,
        order=76,
        also=("channels:channel", "channels:post"),
        group=Group.AUTOMATION,
        about="Slack and Teams, told what waits for a decision.",
    )
)
register_commands(
    Command(
        "New channel", "channels:channel_create", AccessPermission.MANAGE_PARAMETERS, "plus", "send"
    )
)
