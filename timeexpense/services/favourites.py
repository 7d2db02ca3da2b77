"""Rows that a person keeps at hand."""

from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound
from timeexpense.models import FavouriteWork
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import people
from timeexpense.selectors.rows import Names, RowKey

from .time_entries import BILLING_TYPES

MOST = 30


@transaction.atomic
def toggle_favourite(*, row: RowKey, actor: Actor) -> bool:
    """Keep a row at hand, or no longer; returns whether it is a favourite now.

    Raises  NotFound for work that does not exist; DomainError when there are 30 already.
    """
    actor.require(TimeExpensePermission.ENTER)
    me = people.my_resource(actor)
    if "\0" in row.activity or row.billing_type not in BILLING_TYPES:
        raise NotFound("There is no such row.")
    values: dict[str, Any] = {
        "project_id": row.project_id,
        "task_id": row.task_id,
        "role_id": row.role_id,
        "billing_type": row.billing_type,
        "activity": row.activity,
    }
    gone, _ = FavouriteWork.objects.filter(resource_id=me.pk, **values).delete()
    if gone:
        return False
    if not Names([row]).knows(row):
        raise NotFound("There is no such project or task.")
    if FavouriteWork.objects.filter(resource_id=me.pk).count() >= MOST:
        raise DomainError(f"There are {MOST} favourites already. Take one off the list first.")
    FavouriteWork.objects.get_or_create(tenant_id=actor.tenant_id, resource_id=me.pk, **values)
    return True
