"""How somebody reads who is invited: they have no settings in the firm yet."""

from contextlib import AbstractContextManager

from psa.core.access.models import User
from psa.core.tenancy.models import Tenant
from psa.core.web.middleware import language_chosen_by, read_in


def as_the_invited_reads(email: str, tenant: Tenant) -> AbstractContextManager[None]:
    """Write in the language they chose in another firm, else in the firm's; by the firm's region."""
    region = tenant.locale.lower()
    user_id = User.objects.filter(email=email).values_list("pk", flat=True).first()
    return read_in(language_chosen_by(user_id) or region.partition("-")[0], region)


def as_the_firm_reads(tenant: Tenant) -> AbstractContextManager[None]:
    """Write in the language and the region of the firm."""
    region = tenant.locale.lower()
    return read_in(region.partition("-")[0], region)
