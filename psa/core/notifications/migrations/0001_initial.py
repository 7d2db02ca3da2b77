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
            name="Notification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=160)),
                ("body", models.CharField(blank=True, max_length=600)),
                ("path", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("emailed_at", models.DateTimeField(blank=True, null=True)),
                ("email_wanted", models.BooleanField(default=False)),
                (
                    "membership",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "membership", "-id"], name="notification_latest"
                    ),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["tenant", "membership"],
                        name="notification_unread",
                    ),
                ],
                "constraints": [
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="notifications_notification_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="notifications_notification_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="membership", name="notifications_notification_membership_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NotificationPreference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.CharField(max_length=80)),
                ("in_app", models.BooleanField(default=True)),
                ("email", models.BooleanField(default=False)),
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "membership", "event"),
                        name="notification_preference_once",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="notifications_notificationpreference_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"),
                        name="notifications_notificationpreference_tenant_id",
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="membership",
                        name="notifications_notificationpreference_membership_id_ref",
                    ),
                ],
            },
        ),
    ]
