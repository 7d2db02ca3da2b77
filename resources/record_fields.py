"""People carry custom fields too: whoever sees people sees them, managers change them."""

from django.urls import reverse

from psa.core.access.permissions import OrgPermission
from psa.core.actor import Actor
from psa.core.custom_fields.registry import RecordType, register
from psa.core.org.models import Resource

from .permissions import ResourcesPermission


def sees_person(actor: Actor, record_id: int) -> bool:
    rights = (ResourcesPermission.VIEW, ResourcesPermission.MANAGE, OrgPermission.MANAGE)
    return (
        any(actor.has(right) for right in rights) and Resource.objects.filter(pk=record_id).exists()
    )


register(
    RecordType(
        "org.Resource",
        "Person",
        lambda record_id: reverse("resources:person", args=[record_id]),
        sees_person,
        lambda actor, record_id: (
            actor.has(ResourcesPermission.MANAGE) or actor.has(OrgPermission.MANAGE)
        ),
    )
)
