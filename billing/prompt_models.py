"""That somebody was told of a milestone that can be invoiced."""

from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class MilestonePrompt(TenantModel):
    """When “Ready to invoice?” was asked about a milestone, and when it was asked again."""

    milestone = TenantForeignKey(
        "billing.ContractMilestone", models.CASCADE, related_name="prompts"
    )
    prompted_on = models.DateField()
    remind_on = models.DateField()
    reminded_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "milestone"], name="milestone_prompt_once")
        ]

    def __str__(self) -> str:
        return f"{self.milestone_id} on {self.prompted_on}"
