"""Where jobs stand in the navigation and the palette."""

from psa.core.access.permissions import AccessPermission, JobsPermission
from psa.core.web.navigation import Command, Group, NavItem, Stage, register, register_commands

register(
    NavItem(
        "Jobs",
        "jobs:run_list",
        Stage.SETUP,
        permission=JobsPermission.VIEW_ALL,
        order=80,
        also=("jobs:run", "jobs:schedule_list", "jobs:schedule"),
        group=Group.AUTOMATION,
        about="Long work that runs or ran, and its schedules.",
    )
)
register_commands(
    Command("Jobs", "jobs:run_list", icon="progress", words="background runs progress"),
    Command(
        "Job schedules",
        "jobs:schedule_list",
        permission=AccessPermission.MANAGE_PARAMETERS,
        icon="calendar-time",
    ),
)
