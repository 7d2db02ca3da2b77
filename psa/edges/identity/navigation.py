"""Where identity stands in the navigation and the palette."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

register(
    NavItem(
        "Rights",
        "identity:role_list",
        Stage.SETUP,
        AccessPermission.MANAGE_USERS,
        order=62,
        also=("identity:role", "identity:role_create"),
        group=Group.PEOPLE,
        about="What each kind of user may see and do.",
    ),
    NavItem(
        "Sign-in rules",
        "identity:sign_in_rules",
        Stage.SETUP,
        AccessPermission.MANAGE_USERS,
        order=64,
        also=("identity:provider", "identity:provider_create"),
        group=Group.PEOPLE,
        about="Second factors, single sign-on and how long a session lasts.",
    ),
)
register_commands(
    Command(
        "Invitations", "identity:invitation_list", AccessPermission.MANAGE_USERS, words="invite"
    ),
    Command(
        "New role of rights",
        "identity:role_create",
        AccessPermission.MANAGE_USERS,
        "plus",
        "permissions security",
    ),
)
