"""Where projects are found."""

from psa.core.web.navigation import Command, NavItem, Stage, register, register_commands

from .permissions import ProjectsPermission

SEE = (ProjectsPermission.VIEW, ProjectsPermission.VIEW_OWN, ProjectsPermission.MANAGE_ALL)

register(
    NavItem(
        "Projects", "projects:project_list", Stage.PLAN, order=10,
        permission=SEE,
        also=(
            "projects:project", "projects:plan", "projects:team", "projects:actual_list",
            "projects:billing", "projects:project_register", "projects:project_register_of",
            "projects:report_list", "projects:status_report", "projects:performance",
            "projects:forecast", "projects:estimate", "projects:baseline_list",
            "projects:budget_list",
        ),
    ),
    NavItem(
        "Forecast", "projects:my_forecast", Stage.PLAN, order=15,
        permission=(ProjectsPermission.MANAGE_OWN, ProjectsPermission.MANAGE_ALL),
    ),
    NavItem(
        "Templates", "projects:template_list", Stage.PLAN, order=30,
        permission=(ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL),
        also=("projects:template", "projects:template_copy", "projects:template_use"),
    ),
    NavItem(
        "Milestones", "projects:milestone_list", Stage.PLAN, order=20,
        permission=SEE,
    ),
    NavItem(
        "Risks and issues", "projects:register_list", Stage.PLAN, order=30,
        permission=SEE, also=("projects:register_entry",),
    ),
)  # fmt: skip
register_commands(
    Command(
        "New project", "projects:project_create", permission=ProjectsPermission.CREATE, icon="plus"
    ),
    Command(
        "Import a plan",
        "projects:plan_import",
        permission=ProjectsPermission.CREATE,
        icon="upload",
        words="Microsoft Project MSPDI CSV upload",
    ),
    Command(
        "Level people across projects",
        "projects:level_together",
        permission=(ProjectsPermission.MANAGE_OWN, ProjectsPermission.MANAGE_ALL),
        icon="adjustments",
        words="overload resource levelling",
    ),
)
