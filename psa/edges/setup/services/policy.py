"""The parameters page: the tenant's policy and the switches of its rules, saved together."""

from datetime import datetime
from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.org.services import parameters


@transaction.atomic
def change_policy(
    *, values: dict[str, Any], rule_modes: dict[str, str], actor: Actor, at: datetime
) -> int:
    """Set parameters and rules of time entry, all or none; returns how many changed.

    Raises  PermissionDenied; DomainError on the field for a value that is no choice or out of range.
    """
    changed = parameters.change_parameters(values=values, actor=actor, at=at)
    switched = parameters.set_time_rules(modes=rule_modes, actor=actor, at=at)
    return len(changed) + len(switched)
