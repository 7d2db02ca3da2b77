import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_add_account_mail"),
        ("projects", "0012_index_template_links"),
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("task_name", models.CharField(blank=True, max_length=160)),
                ("text", models.TextField()),
                ("written_at", models.DateTimeField()),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="projects.project",
                    ),
                ),
                (
                    "task",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="comments",
                        to="projects.task",
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
            ],
        ),
        migrations.CreateModel(
            name="DeletedTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("task_number", models.BigIntegerField()),
                ("kept", models.JSONField(default=dict)),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
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
            ],
        ),
        migrations.CreateModel(
            name="Mention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "comment",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to="projects.comment",
                    ),
                ),
                (
                    "membership",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="access.membership",
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
            ],
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["tenant", "project", "-id"], name="comment_by_project"),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["tenant", "task"], name="comment_by_task"),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_at__isnull", False),
                    models.Q(("text", ""), _negated=True),
                    _connector="OR",
                ),
                name="comment_says_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="projects_comment_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="projects_comment_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="project", name="projects_comment_project_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="task", name="projects_comment_task_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="author", name="projects_comment_author_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="deletedtask",
            constraint=models.UniqueConstraint(
                fields=("tenant", "project", "task_number"), name="deleted_task_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="deletedtask",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="projects_deletedtask_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="deletedtask",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="projects_deletedtask_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="deletedtask",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="project", name="projects_deletedtask_project_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(
                fields=("tenant", "comment", "membership"), name="mention_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="projects_mention_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="projects_mention_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="comment", name="projects_mention_comment_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="membership", name="projects_mention_membership_id_ref"
            ),
        ),
    ]
