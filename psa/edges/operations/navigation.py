"""Where a person's data stand in the navigation."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Group, NavItem, Stage, register

register(
    NavItem(
        "Personal data",
        "people_data:person",
        Stage.SETUP,
        AccessPermission.MANAGE_USERS,
        order=66,
        group=Group.PEOPLE,
        about="What is kept about a person: give it out or remove it.",
    )
)
