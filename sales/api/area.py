"""The area that the room's endpoints and their scopes belong to."""

from psa.core.web.api import Endpoints
from sales.permissions import SalesPermission

endpoints = Endpoints("sales", "Sales")
SEES = (SalesPermission.VIEW, SalesPermission.VIEW_OWN)
