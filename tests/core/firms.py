"""Two firms with a few people, for tests of the floor that need no rooms."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.test import Client

from psa.core.access import actors
from psa.core.access import services as access
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from tests.factories import signed_in_client

NOW = datetime(2026, 7, 9, 10, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Member:
    """One person at one firm."""

    tenant_id: int
    slug: str
    membership_id: int
    actor: Actor

    def signed_in(self) -> Client:
        """A browser in which this person has signed in."""
        with tenant_scope(self.tenant_id):
            user = Membership.objects.get(pk=self.membership_id).user
        return signed_in_client(user)


@dataclass(frozen=True, slots=True)
class Firms:
    """Acme with Priya (project manager), Ben (consultant), Ada (administrator); Otto at Globex."""

    priya: Member
    ben: Member
    ada: Member
    otto: Member


def make_firms() -> Firms:
    """Both firms with their people, whoever asks first."""
    roles: dict[str, tuple[str, list[str]]] = {
        "priya": ("acme", ["project_manager"]),
        "ben": ("acme", ["team_member"]),
        "ada": ("acme", ["administrator"]),
        "otto": ("globex", ["administrator"]),
    }
    tenants = {
        slug: Tenant.objects.create(slug=slug, name=slug.capitalize(), created_at=NOW)
        for slug in ("acme", "globex")
    }
    members = {name: _join(tenants[slug], name, codes) for name, (slug, codes) in roles.items()}
    return Firms(**members)


def _join(tenant: Tenant, name: str, codes: list[str]) -> Member:
    with tenant_scope(tenant.pk):
        access.seed_default_roles(tenant_id=tenant.pk)
        membership = access.add_member(
            tenant=tenant,
            email=f"{name}@{tenant.slug}.example",
            name=name.capitalize(),
            role_codes=codes,
            password="a-long-test-password",
        )
        actor = actors.for_membership(membership)
    return Member(tenant.pk, tenant.slug, membership.pk, actor)


def url(member: Member, path: str) -> str:
    """The address of a tenant page: ``path`` begins behind the firm."""
    return f"/{member.slug}/{path.lstrip('/')}"
