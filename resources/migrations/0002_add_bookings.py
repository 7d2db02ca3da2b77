"""Bookings by the day; the database holds hard ones to what a person works."""

import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields

# Both look at whole batches: the capacity rows of the days in question are locked first, in one
# order, so that of two bookings of the same hours the second sees the first.
CHECK = """
DECLARE bad record;
BEGIN
  PERFORM 1 FROM resources_capacityday c
    WHERE (c.tenant_id, c.resource_id, c."on") IN ({days})
    ORDER BY c.resource_id, c."on" FOR UPDATE;
  SELECT w.resource_id, w."on", sum(d.minutes) AS hard, coalesce(min(c.minutes + c.over_minutes), 0) AS most
    INTO bad
    FROM ({days}) w (tenant_id, resource_id, "on")
    JOIN resources_booking b
      ON b.tenant_id = w.tenant_id AND b.resource_id = w.resource_id AND b.status = 'hard'
    JOIN resources_bookingday d
      ON d.tenant_id = b.tenant_id AND d.booking_id = b.id AND d."on" = w."on"
    LEFT JOIN resources_capacityday c
      ON c.tenant_id = w.tenant_id AND c.resource_id = w.resource_id AND c."on" = w."on"
    GROUP BY w.resource_id, w."on"
    HAVING sum(d.minutes) > coalesce(min(c.minutes + c.over_minutes), 0)
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'overbooked: % minutes are booked hard on % of %', bad.hard, bad."on", bad.most
      USING ERRCODE = 'check_violation', CONSTRAINT = 'hard_bookings_within_capacity';
  END IF;
  RETURN NULL;
END
"""
OF_DAYS = """
    SELECT DISTINCT ob.tenant_id, ob.resource_id, od."on" FROM changed od
      JOIN resources_booking ob ON ob.tenant_id = od.tenant_id AND ob.id = od.booking_id
     WHERE ob.status = 'hard'"""
OF_BOOKINGS = """
    SELECT DISTINCT ob.tenant_id, ob.resource_id, od."on" FROM changed ob
      JOIN resources_bookingday od ON od.tenant_id = ob.tenant_id AND od.booking_id = ob.id
     WHERE ob.status = 'hard'"""


def _function(name: str, days: str) -> migrations.RunSQL:
    body = CHECK.format(days=days)
    return migrations.RunSQL(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
        f"DROP FUNCTION {name}()",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_add_account_mail"),
        ("org", "0005_add_booking_policy"),
        ("projects", "0013_add_comments"),
        ("resources", "0001_initial"),
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [
        _function("psa_check_booked_days", OF_DAYS),
        _function("psa_check_hard_bookings", OF_BOOKINGS),
        migrations.CreateModel(
            name="Booking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("soft", "Soft"), ("hard", "Hard"), ("cancelled", "Cancelled")],
                        max_length=9,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("full", "Full capacity"),
                            ("remaining", "What is left of the day"),
                            ("percent", "Percent of capacity"),
                            ("per_day", "Hours per day"),
                            ("evenly", "Total hours, evenly"),
                            ("front", "Total hours, front-loaded"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True),
                ),
                ("asked_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField()),
                ("minutes", models.PositiveIntegerField()),
                ("unplaced_minutes", models.PositiveIntegerField(default=0)),
                ("over_reason", models.CharField(blank=True, max_length=200)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("booked_at", models.DateTimeField()),
                ("ended_because", models.CharField(blank=True, max_length=200)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "booked_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="projects.project",
                    ),
                ),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="org.resource",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.jobrole",
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
            name="BookingDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField()),
                ("minutes", models.PositiveSmallIntegerField()),
                (
                    "booking",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="resources.booking",
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
            name="CapacityDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField()),
                ("minutes", models.PositiveSmallIntegerField()),
                ("over_minutes", models.PositiveSmallIntegerField(db_default=0, default=0)),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
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
            ],
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                fields=["tenant", "resource", "valid_from"], name="booking_by_resource"
            ),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["tenant", "project"], name="booking_by_project"),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gt", models.F("valid_from"))),
                name="booking_has_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "percent"), _negated=True),
                    ("percent__gt", 0),
                    _connector="OR",
                ),
                name="booking_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method__in", ("per_day", "evenly", "front")), _negated=True),
                    ("asked_minutes__gt", 0),
                    _connector="OR",
                ),
                name="booking_asked_minutes",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=psa.core.tenancy.constraints.DatabaseTrigger(
                definition="TRIGGER {name} AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION psa_check_hard_bookings()",
                name="booking_made_hard_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="resources_booking_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="resources_booking_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="resource", name="resources_booking_resource_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="project", name="resources_booking_project_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="role", name="resources_booking_role_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="booked_by", name="resources_booking_booked_by_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingday",
            constraint=models.UniqueConstraint(
                fields=("tenant", "booking", "on"), name="booking_day_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingday",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__range", (1, 1440))), name="booking_day_minutes"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingday",
            constraint=psa.core.tenancy.constraints.DatabaseTrigger(
                definition="TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION psa_check_booked_days()",
                name="booked_day_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingday",
            constraint=psa.core.tenancy.constraints.DatabaseTrigger(
                definition="TRIGGER {name} AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION psa_check_booked_days()",
                name="booked_day_still_fits",
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingday",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="resources_bookingday_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingday",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="resources_bookingday_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="bookingday",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="booking", name="resources_bookingday_booking_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="capacityday",
            constraint=models.UniqueConstraint(
                fields=("tenant", "resource", "on"), name="capacity_day_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="capacityday",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="resources_capacityday_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="capacityday",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="resources_capacityday_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="capacityday",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="resource", name="resources_capacityday_resource_id_ref"
            ),
        ),
    ]
