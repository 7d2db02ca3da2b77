"""A project's ledger rows with the names that lists show."""

from django.db.models import CharField, F, Func, OuterRef, QuerySet, Subquery, Value

from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.org.models import JobRole, Resource

from ..models import Task
from .pages import actuals_of


def named_actuals_of(*, actor: Actor, project_id: int) -> QuerySet[Actual]:
    """`actuals_of` with person, role, task and the phase that the task is in. Raises  NotFound."""
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
    )
