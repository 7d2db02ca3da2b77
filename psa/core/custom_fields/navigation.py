"""Where custom fields stand in the navigation."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Group, NavItem, Stage, register

register(
    NavItem(
        "Custom fields",
        "custom_fields:field_list",
        Stage.SETUP,
        permission=AccessPermission.MANAGE_PARAMETERS,
        order=18,
        also=("custom_fields:field",),
        group=Group.DATA,
        about="Fields of the firm’s own on its records.",
    )
)
