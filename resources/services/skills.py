"""What people can do: a skill of the firm's catalogue, and how well they have it."""

from datetime import datetime
from typing import Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.org.models import Resource

from ..events import ResourcesEvent
from ..models import ResourceSkill, Skill
from ..permissions import ResourcesPermission

RECORD: Final = "org.Resource"
LEVELS: Final = range(1, 5)


@transaction.atomic
def give_skill(
    *, resource_id: int, name: str, level: int, group: str = "", actor: Actor, at: datetime
) -> ResourceSkill:
    """Say that a person has a skill, 1 aware to 4 expert; a new name enters the catalogue.

    Names are the same whatever their case. The group counts for a new name alone.
    Raises  PermissionDenied, NotFound; Conflict if the person has it; DomainError for a name or
            level that is none.
    """
    actor.require(ResourcesPermission.MANAGE)
    person = Resource.objects.select_for_update(of=("self",)).filter(pk=resource_id).first()
    if person is None:
        raise NotFound("This person does not exist.")
    name, group = " ".join(name.split()), " ".join(group.split())
    if not name or len(name) > 80:
        raise DomainError("A skill has a name of at most 80 characters.", "name")
    if len(group) > 60:
        raise DomainError("A group of skills has a name of at most 60 characters.", "group")
    if level not in LEVELS:
        raise DomainError("A level goes from 1, aware, to 4, expert.", "level")
    skill = Skill.objects.filter(name__iexact=name).order_by("pk").first()
    if skill is None:
        skill = Skill.objects.create(tenant_id=actor.tenant_id, name=name, group=group)
    if ResourceSkill.objects.filter(resource=person, skill=skill).exists():
        raise Conflict(f"{person.name} has the skill “{skill.name}” already.", "name")
    made: ResourceSkill = ResourceSkill.objects.create(
        tenant_id=actor.tenant_id, resource=person, skill=skill, level=level
    )
    audit.record(
        actor=actor, at=at, event=ResourcesEvent.SKILL_GIVEN, record_type=RECORD,
        record_id=person.pk, sentence=f"added the skill “{skill.name}” at level {level}",
    )  # fmt: skip
    return made


@transaction.atomic
def withdraw_skill(resource_skill_id: int, *, actor: Actor, at: datetime) -> None:
    """Take back a skill that was given by mistake; one that is gone already is no failure.

    The catalogue keeps its name. Raises  PermissionDenied.
    """
    actor.require(ResourcesPermission.MANAGE)
    row: ResourceSkill | None = (
        ResourceSkill.objects.select_for_update(of=("self",))
        .select_related("resource", "skill")
        .filter(pk=resource_skill_id)
        .first()
    )
    if row is None:
        return
    row.delete()
    audit.record(
        actor=actor, at=at, event=ResourcesEvent.SKILL_WITHDRAWN, record_type=RECORD,
        record_id=row.resource_id, sentence=f"took back the skill “{row.skill.name}”",
    )  # fmt: skip
