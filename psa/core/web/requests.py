"""The request as views inside a tenant receive it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.tenancy.models import Tenant
from psa.core.web.models import PersonalSettings


class TenantRequest(HttpRequest):
    """What the middleware adds: the open tenant, the member, what they may do, and htmx's facts."""

    tenant: Tenant
    membership: Membership
    actor: Actor
    htmx: HtmxDetails
    personal: PersonalSettings
