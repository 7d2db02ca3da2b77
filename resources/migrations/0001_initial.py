import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("org", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Skill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("group", models.CharField(blank=True, max_length=60)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "name"), name="skill_name"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="resources_skill_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="resources_skill_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ResourceSkill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skills",
                        to="org.resource",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
                (
                    "skill",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holders",
                        to="resources.skill",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "resource", "skill"), name="resource_skill_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__range", (1, 4))), name="skill_level_range"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="resources_resourceskill_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="resources_resourceskill_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="resources_resourceskill_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="skill", name="resources_resourceskill_skill_id_ref"
                    ),
                ],
            },
        ),
    ]
