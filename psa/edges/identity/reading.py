"""How somebody reads who is invited: they have no settings in the firm yet."""

from contextlib import AbstractContextManager

from psa.core.tenancy.models import Tenant
from psa.core.web.middleware import read_in


def as_the_firm_reads(tenant: Tenant) -> AbstractContextManager[None]:
    """Write in the language and the region of the firm."""
    region = tenant.locale.lower()
    return read_in(region.partition("-")[0], region)
