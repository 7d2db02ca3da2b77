"""Who may import: whoever may make the records one by one; there is no right of its own."""

from typing import Final

from projects.permissions import ProjectsPermission
from psa.core.access.permissions import AccessPermission, OrgPermission, PricingPermission
from resources.permissions import ResourcesPermission
from sales.permissions import SalesPermission
from timeexpense.permissions import TimeExpensePermission

# Any of them opens the pages; each kind asks for its own.
IMPORT_PERMISSIONS: Final = (
    SalesPermission.MANAGE,
    OrgPermission.MANAGE,
    PricingPermission.MANAGE_LISTS,
    AccessPermission.MANAGE_PARAMETERS,
    ProjectsPermission.CREATE,
    ResourcesPermission.MANAGE,
    TimeExpensePermission.ENTER_FOR_OTHERS,
)
