"""Which records of projects carry custom fields, and who sees and changes them."""

from django.urls import reverse

from psa.core.actor import Actor
from psa.core.custom_fields.registry import RecordType, register

from . import policies
from .models import Project, Task


def sees_project(actor: Actor, record_id: int) -> bool:
    return policies.visible_to(actor).filter(pk=record_id).exists()


def changes_project(actor: Actor, record_id: int) -> bool:
    project = Project.objects.select_related("manager").filter(pk=record_id).first()
    return project is not None and policies.may_manage(project, actor)


def _project_of(task_id: int) -> int:
    found = Task.objects.filter(pk=task_id).values_list("project_id", flat=True).first()
    return found or 0


register(
    RecordType(
        "projects.Project",
        "Project",
        lambda record_id: reverse("projects:project", args=[record_id]),
        sees_project,
        changes_project,
    ),
    RecordType(
        "projects.Task",
        "Task",
        lambda record_id: reverse("projects:plan", args=[_project_of(record_id)]),
        lambda actor, record_id: sees_project(actor, _project_of(record_id)),
        lambda actor, record_id: changes_project(actor, _project_of(record_id)),
    ),
)
