"""The area that the room's endpoints and their scopes belong to."""

from psa.core.web.api import Endpoints
from revenue.permissions import RevenuePermission

endpoints = Endpoints("revenue", "Revenue")
VIEW = RevenuePermission.VIEW
