"""The area that these endpoints and their scopes belong to."""

from psa.core.access.permissions import OrgPermission
from psa.core.web.api import Endpoints

endpoints = Endpoints("setup", "Set-up")
SEES = (OrgPermission.VIEW, OrgPermission.MANAGE)
