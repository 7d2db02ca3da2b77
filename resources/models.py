"""Skills of people; identity and calendars live in psa.core.org."""

from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Skill(TenantModel):
    name = models.CharField(max_length=80)
    group = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="skill_name")]

    def __str__(self) -> str:
        return self.name


class ResourceSkill(TenantModel):
    """A person's proficiency: 1 aware, 2 familiar, 3 proficient, 4 expert."""

    resource = TenantForeignKey("org.Resource", models.CASCADE, related_name="skills")
    skill = TenantForeignKey(Skill, models.CASCADE, related_name="holders")
    level = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "resource", "skill"], name="resource_skill_once"
            ),
            models.CheckConstraint(
                condition=models.Q(level__range=(1, 4)), name="skill_level_range"
            ),
        ]
