"""Starting the demo firm: its people at once, its history as a job."""

from datetime import datetime
from random import Random

from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope

from .firm import PASSWORD, cast_actor, create_firm
from .jobs import KIND, size_of
from .people import CAST, people

__all__ = ["demo_logins", "start_demo"]


def start_demo(*, slug: str, seed: int, size: str, at: datetime) -> JobRun | None:
    """Make the demo tenant with its logins and queue its history; None if the tenant exists.

    The same seed, size and business date make the same firm.
    """
    if Tenant.objects.filter(slug=slug).exists():
        return None
    tenant = create_firm(slug=slug, seed=seed, size=size_of(size), today_on=at.date())
    with tenant_scope(tenant.pk):
        return jobs.start(
            kind=KIND,
            key=f"{slug}-{seed}",
            title="Making the demo firm's two years",
            arguments={"size": size, "seed": seed, "today_on": at.date().isoformat()},
            actor=cast_actor("Ada Kowalski"),
            at=at,
        )


def demo_logins() -> list[tuple[str, str, str]]:
    """E-mail, password and persona of everybody who signs in; the same for every seed."""
    found = []
    for person in people(len(CAST), Random(0)):
        if person.persona:
            found.append((person.email, PASSWORD, person.persona))
    return found
