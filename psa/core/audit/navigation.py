"""Where the audit trail stands in the navigation."""

from psa.core.access.permissions import AccessPermission
from psa.core.web.navigation import Group, NavItem, Stage, register

register(
    NavItem(
        "Audit trail",
        "audit:entry_list",
        Stage.SETUP,
        permission=AccessPermission.VIEW_AUDIT,
        order=90,
        also=("audit:entry",),
        group=Group.DATA,
        about="Who changed what, and when.",
    )
)
