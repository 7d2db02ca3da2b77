import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

import psa.core.org.models
import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("ledger", "0001_ledger_functions"),
        ("org", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActualBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("recorded_at", models.DateTimeField()),
                ("journalled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "recorded_by",
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("journalled_at__isnull", True)),
                        fields=["tenant", "id"],
                        name="batch_not_journalled",
                    )
                ],
                "constraints": [
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_actualbatch_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_actualbatch_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="recorded_by", name="ledger_actualbatch_recorded_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Actual",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("actual_type", models.CharField(max_length=24)),
                ("work_on", models.DateField()),
                ("posted_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
                ("legal_entity_id", models.BigIntegerField()),
                ("contracting_unit_id", models.BigIntegerField(null=True)),
                ("resourcing_unit_id", models.BigIntegerField(null=True)),
                ("project_id", models.BigIntegerField(null=True)),
                ("task_id", models.BigIntegerField(null=True)),
                ("contract_id", models.BigIntegerField(null=True)),
                ("contract_line_id", models.BigIntegerField(null=True)),
                ("funding_source_id", models.BigIntegerField(null=True)),
                ("account_id", models.BigIntegerField(null=True)),
                ("resource_id", models.BigIntegerField(null=True)),
                ("role_id", models.BigIntegerField(null=True)),
                ("category_id", models.BigIntegerField(null=True)),
                ("transaction_class", models.CharField(max_length=10)),
                ("item", models.CharField(blank=True, max_length=60)),
                ("billing_type", models.CharField(max_length=16)),
                ("minutes", models.IntegerField(null=True)),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("unit", models.CharField(max_length=10)),
                ("price", models.DecimalField(decimal_places=6, max_digits=20)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("list_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("entity_currency", models.CharField(max_length=3)),
                ("entity_rate", models.DecimalField(decimal_places=10, max_digits=20)),
                ("entity_rate_on", models.DateField()),
                ("entity_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("tenant_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "recoverable_tax",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                (
                    "entity_recoverable_tax",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                ("posting_event", models.CharField(blank=True, max_length=24)),
                ("price_trace_id", models.BigIntegerField(null=True)),
                ("source_kind", models.CharField(max_length=20)),
                ("source_id", models.BigIntegerField()),
                ("revision", models.PositiveSmallIntegerField(default=1)),
                ("leg", models.PositiveSmallIntegerField(default=1)),
                ("recorded_by_id", models.BigIntegerField(null=True)),
                ("description", models.CharField(blank=True, max_length=400)),
                (
                    "reversal_of",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversals",
                        to="ledger.actual",
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
                    "batch",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actuals",
                        to="ledger.actualbatch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ActualClaim",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("holder_kind", models.CharField(max_length=20)),
                ("holder_id", models.BigIntegerField()),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                (
                    "actual",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="claims",
                        to="ledger.actual",
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
                        condition=models.Q(("released_at__isnull", True)),
                        fields=["holder_id", "holder_kind", "tenant"],
                        name="live_claims_of_holder",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=("tenant", "actual"),
                        name="actual_claimed_once",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_actualclaim_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_actualclaim_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="actual", name="ledger_actualclaim_actual_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActualLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                (
                    "from_actual",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links_out",
                        to="ledger.actual",
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
                    "to_actual",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links_in",
                        to="ledger.actual",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tenant", "to_actual"], name="actual_link_back")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "from_actual", "to_actual"), name="actual_link_once"
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="actual_link_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_actuallink_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_actuallink_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="from_actual", name="ledger_actuallink_from_actual_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="to_actual", name="ledger_actuallink_to_actual_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FiscalPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=12)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="exclusive")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("soft_closed", "Soft-closed"),
                            ("closed", "Closed"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="periods",
                        to="org.legalentity",
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
                        fields=["tenant", "legal_entity", "starts_on"], name="period_by_date"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "legal_entity", "name"), name="period_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                        name="period_has_days",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("tenant", "="),
                            ("legal_entity", "="),
                            (psa.core.org.models.DateRange("starts_on", "ends_on"), "&&"),
                        ],
                        name="fiscal_periods_do_not_overlap",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_fiscalperiod_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_fiscalperiod_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="ledger_fiscalperiod_legal_entity_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="actual",
            name="period",
            field=psa.core.tenancy.fields.TenantForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.fiscalperiod",
            ),
        ),
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=30)),
                ("entry_on", models.DateField()),
                ("event", models.CharField(max_length=40)),
                ("source_kind", models.CharField(max_length=20)),
                ("source_ref", models.CharField(max_length=80)),
                ("description", models.CharField(max_length=200)),
                ("project_id", models.BigIntegerField(null=True)),
                ("is_closing", models.BooleanField(default=False)),
                ("line_count", models.PositiveIntegerField()),
                ("total", models.DecimalField(decimal_places=4, max_digits=21)),
                ("recorded_at", models.DateTimeField()),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.legalentity",
                    ),
                ),
                (
                    "period",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.fiscalperiod",
                    ),
                ),
                (
                    "recorded_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "reverses",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="ledger.journalentry",
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
                "verbose_name_plural": "journal entries",
                "indexes": [
                    models.Index(
                        fields=["tenant", "legal_entity", "entry_on"], name="journal_by_date"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "legal_entity", "number"), name="journal_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reverses__isnull", False)),
                        fields=("tenant", "reverses"),
                        name="journal_reversed_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reverses__isnull", True)),
                        fields=("tenant", "legal_entity", "source_kind", "source_ref", "event"),
                        name="journal_source_once",
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="journal_entry_append_only"),
                    psa.core.tenancy.constraints.DatabaseTrigger(
                        definition="TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION psa_check_journal_period()",
                        name="journal_period_open",
                    ),
                    psa.core.tenancy.constraints.DatabaseTrigger(
                        definition="CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION psa_check_journal_balance()",
                        name="journal_balances",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_journalentry_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_journalentry_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="ledger_journalentry_legal_entity_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="period", name="ledger_journalentry_period_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="reverses", name="ledger_journalentry_reverses_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="recorded_by", name="ledger_journalentry_recorded_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalExport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("format", models.CharField(max_length=10)),
                ("last_entry_id", models.BigIntegerField()),
                ("entry_count", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("exported_at", models.DateTimeField()),
                (
                    "exported_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.legalentity",
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
                "abstract": False,
                "constraints": [
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_journalexport_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_journalexport_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="ledger_journalexport_legal_entity_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="exported_by", name="ledger_journalexport_exported_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JournalLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("debit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("credit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                ("currency_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("rate", models.DecimalField(decimal_places=10, max_digits=20, null=True)),
                ("project_id", models.BigIntegerField(null=True)),
                ("contract_id", models.BigIntegerField(null=True)),
                ("contract_line_id", models.BigIntegerField(null=True)),
                ("org_unit_id", models.BigIntegerField(null=True)),
                ("category_id", models.BigIntegerField(null=True)),
                ("customer_id", models.BigIntegerField(null=True)),
                ("memo", models.CharField(blank=True, max_length=160)),
                (
                    "entry",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="ledger.journalentry",
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
            name="ActualJournalLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "actual",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journal_links",
                        to="ledger.actual",
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
                    "journal_line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actual_links",
                        to="ledger.journalline",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["tenant", "journal_line"], name="actuals_of_journal_line")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "actual", "journal_line"), name="actual_journalled_once"
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="actual_journal_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_actualjournalline_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_actualjournalline_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="actual", name="ledger_actualjournalline_actual_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="journal_line", name="ledger_actualjournalline_journal_line_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=12)),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("asset", "Asset"),
                            ("liability", "Liability"),
                            ("equity", "Equity"),
                            ("income", "Income"),
                            ("expense", "Expense"),
                        ],
                        max_length=9,
                    ),
                ),
                ("is_monetary", models.BooleanField(default=False)),
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
                    models.UniqueConstraint(fields=("tenant", "code"), name="ledger_account_code"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_ledgeraccount_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_ledgeraccount_tenant_id"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="journalline",
            name="account",
            field=psa.core.tenancy.fields.TenantForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.ledgeraccount",
            ),
        ),
        migrations.CreateModel(
            name="NumberSequence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("document_type", models.CharField(max_length=20)),
                ("year", models.PositiveSmallIntegerField()),
                ("last_number", models.PositiveIntegerField(default=0)),
                ("last_dated_on", models.DateField(blank=True, null=True)),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.legalentity",
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
                        fields=("tenant", "legal_entity", "document_type", "year"),
                        name="number_sequence_once",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_numbersequence_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_numbersequence_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="ledger_numbersequence_legal_entity_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_state", models.CharField(max_length=12)),
                ("to_state", models.CharField(max_length=12)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "period",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="ledger.fiscalperiod",
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
                    psa.core.tenancy.constraints.AppendOnly(name="period_event_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_periodevent_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_periodevent_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="period", name="ledger_periodevent_period_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="by", name="ledger_periodevent_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PostingProfile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event", models.CharField(max_length=40)),
                ("slot", models.CharField(max_length=30)),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.ledgeraccount",
                    ),
                ),
                (
                    "category",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.transactioncategory",
                    ),
                ),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.legalentity",
                    ),
                ),
                (
                    "org_unit",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.orgunit",
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
                        fields=("tenant", "event", "slot", "category", "org_unit", "legal_entity"),
                        name="posting_profile_once",
                        nulls_distinct=False,
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_postingprofile_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_postingprofile_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="category", name="ledger_postingprofile_category_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="org_unit", name="ledger_postingprofile_org_unit_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="ledger_postingprofile_legal_entity_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="ledger_postingprofile_account_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProofRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateField()),
                ("run_at", models.DateTimeField()),
                ("is_proven", models.BooleanField()),
                ("results", models.JSONField()),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.legalentity",
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
                    models.Index(fields=["tenant", "legal_entity", "-id"], name="proof_run_latest")
                ],
                "constraints": [
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="ledger_proofrun_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="ledger_proofrun_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="ledger_proofrun_legal_entity_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="actual",
            index=models.Index(
                fields=["tenant", "contract_line_id", "actual_type", "work_on"],
                name="actual_by_contract_line",
            ),
        ),
        migrations.AddIndex(
            model_name="actual",
            index=models.Index(
                fields=["tenant", "contract_id", "actual_type", "work_on"],
                name="actual_by_contract",
            ),
        ),
        migrations.AddIndex(
            model_name="actual",
            index=models.Index(
                fields=["tenant", "project_id", "actual_type", "work_on"], name="actual_by_project"
            ),
        ),
        migrations.AddIndex(
            model_name="actual",
            index=models.Index(fields=["tenant", "batch"], name="actual_by_batch"),
        ),
        migrations.AddIndex(
            model_name="actual",
            index=models.Index(
                fields=["tenant", "legal_entity_id", "posted_on"], name="actual_by_entity_date"
            ),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=models.UniqueConstraint(
                fields=("tenant", "source_kind", "source_id", "revision", "actual_type", "leg"),
                name="actual_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=psa.core.tenancy.constraints.AppendOnly(name="actual_append_only"),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=psa.core.tenancy.constraints.DatabaseTrigger(
                definition="TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION psa_check_actual_period()",
                name="actual_period_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="ledger_actual_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="ledger_actual_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="period", name="ledger_actual_period_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="reversal_of", name="ledger_actual_reversal_of_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="actual",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="batch", name="ledger_actual_batch_id_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="journalline",
            index=models.Index(
                fields=["tenant", "account", "entry"], name="journal_line_by_account"
            ),
        ),
        migrations.AddIndex(
            model_name="journalline",
            index=models.Index(
                fields=["tenant", "contract_id", "account"], name="journal_line_by_contract"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=models.UniqueConstraint(
                fields=("tenant", "entry", "position"), name="journal_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credit", 0), ("debit__gt", 0)),
                    models.Q(("credit__gt", 0), ("debit", 0)),
                    _connector="OR",
                ),
                name="journal_line_one_side",
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=psa.core.tenancy.constraints.AppendOnly(name="journal_line_append_only"),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=psa.core.tenancy.constraints.DatabaseTrigger(
                definition="TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION psa_check_journal_lines()",
                name="journal_line_entry_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="ledger_journalline_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="ledger_journalline_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="entry", name="ledger_journalline_entry_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="journalline",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="account", name="ledger_journalline_account_id_ref"
            ),
        ),
    ]
