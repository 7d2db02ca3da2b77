"""Where imports stand in the navigation and the palette."""

from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

from .permissions import IMPORT_PERMISSIONS

register(
    NavItem(
        "Imports",
        "imports:run_list",
        Stage.SETUP,
        permission=IMPORT_PERMISSIONS,
        order=70,
        also=("imports:run", "imports:create", "imports:row_list"),
        group=Group.DATA,
        about="Records from files, checked before they are written.",
    )
)
register_commands(
    Command(
        "Import a file",
        "imports:create",
        permission=IMPORT_PERMISSIONS,
        icon="file-text",
        words="csv xlsx excel harvest toggl clockify jira migration",
    )
)
