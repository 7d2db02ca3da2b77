"""Who may import: whoever may make the records one by one; there is no right of its own."""

from typing import Final

from psa.core.access.permissions import OrgPermission, PricingPermission
from sales.permissions import SalesPermission
from timeexpense.permissions import TimeExpensePermission

# Any of them opens the pages; each kind asks for its own.
IMPORT_PERMISSIONS: Final = (
    SalesPermission.MANAGE,
    OrgPermission.MANAGE,
    PricingPermission.MANAGE_LISTS,
    TimeExpensePermission.ENTER_FOR_OTHERS,
)
