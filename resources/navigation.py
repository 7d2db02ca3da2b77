"""Where people are found."""

from psa.core.web.navigation import NavItem, Stage, register

from .permissions import ResourcesPermission

register(
    NavItem(
        "People",
        "resources:person_list",
        Stage.STAFF,
        permission=(ResourcesPermission.VIEW, ResourcesPermission.MANAGE),
        order=10,
    ),
    NavItem(
        "Availability",
        "resources:availability_list",
        Stage.STAFF,
        permission=(ResourcesPermission.VIEW, ResourcesPermission.MANAGE),
        order=20,
    ),
)
