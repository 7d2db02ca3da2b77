"""A project's ledger rows with the names that lists show."""

from typing import Final

from django.db.models import (
    Case,
    CharField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.org.models import JobRole, Resource

from ..models import Task
from .pages import actuals_of

_COST: Final = Q(actual_type=ActualType.COST)
_SALES: Final = Q(actual_type__in=(ActualType.UNBILLED_SALES, ActualType.BILLED_SALES))


def named_actuals_of(*, actor: Actor, project_id: int) -> QuerySet[Actual]:
    """`actuals_of` with person, role, task, the phase that the task is in, and what of it is cost
    and what is sales, so that one is never added to the other. Raises  NotFound.
    """
    return actuals_of(actor=actor, project_id=project_id).annotate(
        resource_name=Subquery(
            Resource.objects.filter(id=OuterRef("resource_id")).values("name")[:1]
        ),
        task_name=Subquery(Task.objects.filter(id=OuterRef("task_id")).values("name")[:1]),
        role_name=Subquery(JobRole.objects.filter(id=OuterRef("role_id")).values("name")[:1]),
        outline=Subquery(Task.objects.filter(id=OuterRef("task_id")).values("outline")[:1]),
        phase=Func(
            F("outline"), Value("."), Value(1), function="split_part", output_field=CharField()
        ),
        cost_amount=Case(When(_COST, then=F("amount"))),
        sales_amount=Case(When(_SALES, then=F("amount"))),
        other_amount=Case(When(~(_COST | _SALES), then=F("amount"))),
        cost_minutes=Case(When(_COST, then=F("minutes"))),
        sales_minutes=Case(When(_SALES, then=F("minutes"))),
    )
