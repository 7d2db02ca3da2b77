"""Where a person's data stand in the navigation."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import NavItem, Stage, register

register(
    NavItem(
        "Personal data", "people_data:person", Stage.SETUP, AccessPermission.MANAGE_USERS, order=66
    )
)
