import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=120)),
                ("title", models.CharField(max_length=160)),
                ("arguments", models.JSONField(default=dict)),
                ("requested_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("message", models.CharField(blank=True, max_length=400)),
                ("result", models.JSONField(default=dict)),
                ("error", models.TextField(blank=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                (
                    "requested_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
            options={
                "indexes": [models.Index(fields=["tenant", "-id"], name="job_run_latest")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "kind", "key"), name="job_run_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="jobs_jobrun_tenant_rls"
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="jobs_jobrun_tenant_id"),
                    psa.core.tenancy.constraints.TenantReference(
                        field="requested_by", name="jobs_jobrun_requested_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobLogLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("level", models.CharField(default="info", max_length=7)),
                ("text", models.CharField(max_length=600)),
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
                    "run",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log_lines",
                        to="jobs.jobrun",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "run", "id"], name="job_log_by_run")],
                "constraints": [
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="jobs_joblogline_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="jobs_joblogline_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="run", name="jobs_joblogline_run_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("arguments", models.JSONField(default=dict)),
                ("weight", models.PositiveIntegerField(default=1)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.JSONField(default=list)),
                ("result", models.JSONField(default=dict)),
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
                    "run",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="jobs.jobrun",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["tenant", "run", "position"],
                        name="job_chunk_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "run", "position"), name="job_chunk_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="jobs_jobchunk_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="jobs_jobchunk_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="run", name="jobs_jobchunk_run_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobSchedule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=160)),
                ("arguments", models.JSONField(default=dict)),
                ("every_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("daily_at_minute", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("next_due_at", models.DateTimeField()),
                ("is_active", models.BooleanField(default=True)),
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
                    models.UniqueConstraint(fields=("tenant", "kind"), name="job_schedule_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="jobs_jobschedule_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="jobs_jobschedule_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobTicket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run_id", models.BigIntegerField()),
                ("due_at", models.DateTimeField()),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["due_at"], name="job_ticket_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "run_id"), name="job_ticket_once")
                ],
            },
        ),
    ]
