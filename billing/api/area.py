"""The area that the room's endpoints and their scopes belong to."""

from datetime import datetime

from billing.permissions import BillingPermission
from psa.core.web.api import Endpoints, Out

endpoints = Endpoints("billing", "Billing")
SEES = (BillingPermission.VIEW, BillingPermission.VIEW_OWN)


class JobStarted(Out):
    """A job that was queued; follow it under `/jobs/{id}`."""

    id: int
    kind: str
    title: str
    state: str
    requested_at: datetime
