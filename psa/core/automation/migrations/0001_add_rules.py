import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("tenancy", "0003_add_tenant_removal"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutomationRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=40)),
                ("name", models.CharField(max_length=120)),
                (
                    "trigger_kind",
                    models.CharField(
                        choices=[
                            ("event", "Something happened"),
                            ("deadline", "A day comes near"),
                            ("weekly", "A day of each week"),
                            ("gate", "Somebody is about to"),
                        ],
                        max_length=8,
                    ),
                ),
                ("trigger", models.CharField(max_length=80)),
                ("lead_days", models.PositiveSmallIntegerField(default=0)),
                ("weekday", models.PositiveSmallIntegerField(default=0)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("notify", "Notify"),
                            ("webhook", "Call the webhooks"),
                            ("approval", "Require approval"),
                        ],
                        max_length=8,
                    ),
                ),
                ("message", models.CharField(blank=True, max_length=160)),
                ("approver_role", models.CharField(blank=True, max_length=40)),
                ("is_active", models.BooleanField(default=True)),
                ("active_after_entry_id", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "created_by",
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
        ),
        migrations.CreateModel(
            name="ApprovalRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("gate", models.CharField(max_length=60)),
                ("record_type", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("record_label", models.CharField(max_length=200)),
                ("url_name", models.CharField(max_length=60)),
                ("url_id", models.BigIntegerField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("requested_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("comment", models.CharField(blank=True, max_length=300)),
                (
                    "decided_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "requested_by",
                    psa.core.tenancy.fields.TenantForeignKey(
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
                (
                    "rule",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="automation.automationrule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EventCursor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("read_entry_id", models.BigIntegerField(default=0)),
                ("settled_entry_id", models.BigIntegerField(default=0)),
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
            name="RuleCondition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("field", models.CharField(max_length=40)),
                ("operator", models.CharField(max_length=12)),
                ("value", models.CharField(max_length=200)),
                (
                    "rule",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conditions",
                        to="automation.automationrule",
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
            name="RuleRecipient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("person", "A person of the record"),
                            ("role", "A role"),
                            ("member", "A member"),
                        ],
                        max_length=6,
                    ),
                ),
                ("key", models.CharField(blank=True, max_length=40)),
                (
                    "member",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "rule",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="automation.automationrule",
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
            name="RuleRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("occurrence", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                ("record_type", models.CharField(blank=True, max_length=60)),
                ("record_id", models.BigIntegerField(blank=True, null=True)),
                ("record_label", models.CharField(blank=True, max_length=200)),
                ("url_name", models.CharField(blank=True, max_length=60)),
                ("url_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("done", "Done"),
                            ("nobody", "Nobody to tell"),
                            ("failed", "Failed"),
                        ],
                        max_length=6,
                    ),
                ),
                ("outcome_note", models.CharField(blank=True, max_length=300)),
                ("recipient_count", models.PositiveIntegerField(default=0)),
                (
                    "rule",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="automation.automationrule",
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
            model_name="automationrule",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["tenant", "trigger_kind", "trigger"],
                name="automation_rule_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("code", ""), _negated=True),
                fields=("tenant", "code"),
                name="automation_rule_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("action", "approval"), ("trigger_kind", "gate")),
                    models.Q(
                        models.Q(("trigger_kind", "gate"), _negated=True),
                        models.Q(("action", "approval"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="gates_alone_ask_approval",
            ),
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="automation_automationrule_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="automation_automationrule_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="created_by", name="automation_automationrule_created_by_id_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrequest",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["tenant", "-id"],
                name="approval_request_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("waiting", "approved"))),
                fields=("tenant", "rule", "record_id", "fingerprint"),
                name="one_live_approval_request",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="automation_approvalrequest_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="automation_approvalrequest_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="rule", name="automation_approvalrequest_rule_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="requested_by", name="automation_approvalrequest_requested_by_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrequest",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="decided_by", name="automation_approvalrequest_decided_by_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="eventcursor",
            constraint=models.UniqueConstraint(fields=("tenant",), name="one_event_cursor"),
        ),
        migrations.AddConstraint(
            model_name="eventcursor",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="automation_eventcursor_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="eventcursor",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="automation_eventcursor_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulecondition",
            constraint=models.UniqueConstraint(
                fields=("tenant", "rule", "position"), name="rule_condition_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulecondition",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="automation_rulecondition_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulecondition",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="automation_rulecondition_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulecondition",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="rule", name="automation_rulecondition_rule_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerecipient",
            constraint=models.UniqueConstraint(
                fields=("tenant", "rule", "kind", "key", "member"),
                name="rule_recipient_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerecipient",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="automation_rulerecipient_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerecipient",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="automation_rulerecipient_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerecipient",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="rule", name="automation_rulerecipient_rule_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerecipient",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="member", name="automation_rulerecipient_member_id_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="rulerun",
            index=models.Index(fields=["tenant", "-id"], name="rule_run_latest"),
        ),
        migrations.AddConstraint(
            model_name="rulerun",
            constraint=models.UniqueConstraint(
                fields=("tenant", "rule", "occurrence"), name="rule_fires_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerun",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="automation_rulerun_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerun",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="automation_rulerun_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="rulerun",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="rule", name="automation_rulerun_rule_id_ref"
            ),
        ),
    ]
