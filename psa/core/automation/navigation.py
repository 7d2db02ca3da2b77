"""Where rules stand in the navigation, and approval requests in the inbox."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

register(
    NavItem(
        "Rules",
        "automation:rule_list",
        Stage.SETUP,
        permission=AccessPermission.MANAGE_PARAMETERS,
        order=15,
        also=("automation:rule", "automation:run_list"),
        group=Group.AUTOMATION,
        about="What happens by itself when something happens: tell, ask for approval, call.",
    ),
    NavItem("Approval requests", "automation:request_list", Stage.OWN, icon="eye-check", order=45),
)
register_commands(
    Command(
        "New rule",
        "automation:rule_create",
        AccessPermission.MANAGE_PARAMETERS,
        "plus",
        "automation notify webhook approval",
    ),
    Command(
        "Approval requests", "automation:request_list", icon="eye-check", words="approve inbox"
    ),
)
