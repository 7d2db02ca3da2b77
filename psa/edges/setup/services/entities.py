"""A further legal entity: with its unit, calendar, fiscal periods and tax codes, ready to post."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from psa.core.access.permissions import OrgPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.org.models import LegalEntity
from psa.core.org.time_zones import time_zone_of

from .tenants import NewEntity, add_entity


@transaction.atomic
def create_entity(*, values: Mapping[str, Any], actor: Actor, at: datetime) -> LegalEntity:
    """Add a legal entity with periods and holidays of this year and the next.

    Without a time zone it keeps that of its country.

    Raises  PermissionDenied; Conflict if the code is taken; DomainError for an unknown currency,
            country or region.
    """
    actor.require(OrgPermission.MANAGE)
    if not values["code"].strip() or not values["name"].strip():
        raise DomainError("Give the entity a code and a name.", "code")
    wanted = {
        **values,
        "code": values["code"].strip().upper(),
        "currency": values["currency"].upper(),
        "country": values["country"].upper(),
        "subdivision": values["subdivision"].upper(),
        "time_zone": values["time_zone"] or time_zone_of(values["country"]),
    }
    made = add_entity(
        tenant_id=actor.tenant_id, entity=NewEntity(**wanted), years=(at.year, at.year + 1)
    )
    audit.record(
        actor=actor, at=at, event="org.entity_added", record_type="org.LegalEntity",
        record_id=made.pk, sentence=f"Added the legal entity {made.name}.",
    )  # fmt: skip
    return made
