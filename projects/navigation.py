"""Where projects are found. Items show for one permission each, so the list is registered for both."""

from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

from .permissions import ProjectsPermission

register(
    NavItem(
        "Projects", "projects:project_list", Stage.PLAN, order=10,
        permission=ProjectsPermission.VIEW_OWN,
        also=(
            "projects:project", "projects:plan", "projects:team", "projects:actual_list",
            "projects:billing",
        ),
    ),
    NavItem(
        "Milestones", "projects:milestone_list", Stage.PLAN, order=20,
        permission=ProjectsPermission.VIEW_OWN,
    ),
)  # fmt: skip
register_commands(
    Command(
        "New project", "projects:project_create", permission=ProjectsPermission.CREATE, icon="plus"
    )
)
