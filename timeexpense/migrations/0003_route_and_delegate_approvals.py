import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_add_account_mail"),
        ("org", "0006_add_deadlines"),
        ("projects", "0012_index_template_links"),
        ("tenancy", "0005_add_session_lifetimes"),
        ("timeexpense", "0002_index_recalls"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalDelegation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_on", models.DateField()),
                ("until_on", models.DateField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("is_active", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ApprovalRoute",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("level", models.PositiveSmallIntegerField(default=1)),
                ("position", models.PositiveSmallIntegerField(default=1)),
                ("entry_kind", models.CharField(blank=True, max_length=8)),
                (
                    "amount_over",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("approver_role", models.CharField(blank=True, max_length=40)),
                ("is_active", models.BooleanField(default=True)),
                ("lock_version", models.PositiveIntegerField(default=1)),
            ],
        ),
        migrations.CreateModel(
            name="WeekNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("week_starts_on", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reminder", "Reminded before the deadline"),
                            ("escalation", "Told the manager"),
                            ("nudge", "Nudged"),
                            ("cutoff", "Told the approver"),
                        ],
                        max_length=10,
                    ),
                ),
                ("told_on", models.DateField()),
                ("told_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="approvaldecision",
            name="stands_in_for",
            field=psa.core.tenancy.fields.TenantForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="expenseentry",
            name="awaits",
            field=models.CharField(
                choices=[
                    ("project", "The project's approvers"),
                    ("manager", "The person's manager"),
                    ("route", "As a routing rule says"),
                ],
                db_default="project",
                default="project",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="expenseentry",
            name="level",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="timeentry",
            name="awaits",
            field=models.CharField(
                choices=[
                    ("project", "The project's approvers"),
                    ("manager", "The person's manager"),
                    ("route", "As a routing rule says"),
                ],
                db_default="project",
                default="project",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="timeentry",
            name="level",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddConstraint(
            model_name="approvaldecision",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="stands_in_for", name="timeexpense_approvaldecision_stands_in_for_id_ref"
            ),
        ),
        migrations.AddField(
            model_name="approvaldelegation",
            name="approver",
            field=psa.core.tenancy.fields.TenantForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="approvaldelegation",
            name="created_by",
            field=psa.core.tenancy.fields.TenantForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="approvaldelegation",
            name="delegate",
            field=psa.core.tenancy.fields.TenantForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="approvaldelegation",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="approver",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="category",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.transactioncategory",
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="legal_entity",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.legalentity",
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="org_unit",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.orgunit",
            ),
        ),
        migrations.AddField(
            model_name="approvalroute",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddField(
            model_name="expenseentry",
            name="route",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="timeexpense.approvalroute",
            ),
        ),
        migrations.AddField(
            model_name="timeentry",
            name="route",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="timeexpense.approvalroute",
            ),
        ),
        migrations.AddConstraint(
            model_name="expenseentry",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="route", name="timeexpense_expenseentry_route_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="timeentry",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="route", name="timeexpense_timeentry_route_id_ref"
            ),
        ),
        migrations.AddField(
            model_name="weeknotice",
            name="membership",
            field=psa.core.tenancy.fields.TenantForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="weeknotice",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddField(
            model_name="weeknotice",
            name="told_by",
            field=psa.core.tenancy.fields.TenantForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddIndex(
            model_name="approvaldelegation",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["tenant", "delegate"],
                name="delegation_active",
            ),
        ),
        migrations.AddIndex(
            model_name="approvaldelegation",
            index=models.Index(fields=["tenant", "ends_at"], name="delegation_by_end"),
        ),
        migrations.AddConstraint(
            model_name="approvaldelegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("approver", models.F("delegate")), _negated=True),
                name="delegation_to_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldelegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gte", models.F("starts_at"))),
                name="delegation_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldelegation",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="timeexpense_approvaldelegation_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldelegation",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="timeexpense_approvaldelegation_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldelegation",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="approver", name="timeexpense_approvaldelegation_approver_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldelegation",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="delegate", name="timeexpense_approvaldelegation_delegate_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvaldelegation",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="created_by", name="timeexpense_approvaldelegation_created_by_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approver__isnull", False), ("approver_role", "")),
                    models.Q(
                        ("approver__isnull", True), models.Q(("approver_role", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="route_names_one_approver",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=models.CheckConstraint(
                condition=models.Q(("level__gte", 1), ("level__lte", 3)), name="route_level_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="timeexpense_approvalroute_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="timeexpense_approvalroute_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="category", name="timeexpense_approvalroute_category_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="org_unit", name="timeexpense_approvalroute_org_unit_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="legal_entity", name="timeexpense_approvalroute_legal_entity_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalroute",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="approver", name="timeexpense_approvalroute_approver_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeknotice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "week_starts_on", "kind", "membership", "told_on"),
                name="week_notice_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="weeknotice",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="timeexpense_weeknotice_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeknotice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="timeexpense_weeknotice_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeknotice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="membership", name="timeexpense_weeknotice_membership_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="weeknotice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="told_by", name="timeexpense_weeknotice_told_by_id_ref"
            ),
        ),
    ]
