"""What a client accepts of a plan."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel

from ..constraints import SameProject


class TaskAcceptance(TenantModel):
    """When a task counts as accepted, and that the client said so; the manager records it."""

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="acceptances")
    task = TenantForeignKey("projects.Task", models.CASCADE, related_name="acceptance")
    criteria = models.TextField()
    accepted_on = models.DateField(null=True, blank=True)
    accepted_by_name = models.CharField(max_length=120, blank=True)
    recorded_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "task"], name="task_acceptance_once"),
            models.CheckConstraint(
                condition=Q(accepted_on__isnull=True, accepted_by_name="")
                | Q(accepted_on__isnull=False) & ~Q(accepted_by_name=""),
                name="task_acceptance_names_who",
            ),
            SameProject(name="task_acceptance_in_project", field="task"),
        ]

    def __str__(self) -> str:
        return f"Acceptance of {self.task_id}"
