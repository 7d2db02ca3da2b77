"""A person with the fields that the firm added, saved together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.custom_fields.services import values as custom_values
from psa.core.org.models import Resource
from psa.core.org.services import structure

RECORD = "org.Resource"


@transaction.atomic
def save_person(
    *,
    resource_id: int | None,
    custom: Mapping[str, object],
    actor: Actor,
    at: datetime,
    **facts: Any,
) -> Resource:
    """Make a person (`resource_id` None) or change one. Raises  as `structure.save_person`."""
    row = structure.save_person(resource_id=resource_id, actor=actor, at=at, **facts)
    custom_values.set_with_record(
        record_type=RECORD, record_id=row.pk, values=custom, actor=actor, at=at
    )
    return row
