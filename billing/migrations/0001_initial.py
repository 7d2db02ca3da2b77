import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("ledger", "0002_initial"),
        ("org", "0001_initial"),
        ("projects", "0001_initial"),
        ("sales", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invoice",
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
                        choices=[("invoice", "Invoice"), ("credit_note", "Credit note")],
                        default="invoice",
                        max_length=12,
                    ),
                ),
                ("number", models.CharField(max_length=30)),
                ("issued_on", models.DateField()),
                ("due_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("net_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("tax_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("total_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("entity_currency", models.CharField(max_length=3)),
                ("entity_rate", models.DecimalField(decimal_places=10, max_digits=20)),
                ("entity_rate_on", models.DateField()),
                ("entity_total_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("entity_tax_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("snapshot", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("confirmed_at", models.DateTimeField()),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="sales.account",
                    ),
                ),
                (
                    "confirmed_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="sales.contract",
                    ),
                ),
                (
                    "corrects",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="billing.invoice",
                    ),
                ),
                (
                    "journal_entry",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.journalentry",
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
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=30)),
                ("received_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("entity_rate", models.DecimalField(decimal_places=10, max_digits=20)),
                ("entity_rate_on", models.DateField()),
                ("entity_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("request_key", models.CharField(max_length=80)),
                ("recorded_at", models.DateTimeField()),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="sales.account",
                    ),
                ),
                (
                    "journal_entry",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.journalentry",
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
                    "recorded_by",
                    psa.core.tenancy.fields.TenantForeignKey(
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="billing.payment",
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
                        fields=("tenant", "legal_entity", "number"), name="payment_number"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "request_key"), name="payment_recorded_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("reverses__isnull", False)),
                        fields=("tenant", "reverses"),
                        name="payment_reversed_once",
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="payment_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_payment_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_payment_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="billing_payment_legal_entity_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="billing_payment_account_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="reverses", name="billing_payment_reverses_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="recorded_by", name="billing_payment_recorded_by_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="journal_entry", name="billing_payment_journal_entry_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentAllocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("booked_entity_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "invoice",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="billing.invoice",
                    ),
                ),
                (
                    "payment",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allocations",
                        to="billing.payment",
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
                        fields=("tenant", "payment", "invoice"), name="allocation_once"
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="payment_allocation_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_paymentallocation_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_paymentallocation_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="payment", name="billing_paymentallocation_payment_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="invoice", name="billing_paymentallocation_invoice_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("number", models.CharField(max_length=20)),
                ("cutoff_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("in_review", "In review"),
                            ("confirmed", "Confirmed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("run_key", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=400)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.account",
                    ),
                ),
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="sales.contract",
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
                    "reviewed_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
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
                    models.Index(fields=["tenant", "state", "-id"], name="proposal_by_state")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "number"), name="proposal_number"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "draft")),
                        fields=("tenant", "contract", "account"),
                        name="one_draft_per_contract_and_customer",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_proposal_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_proposal_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract", name="billing_proposal_contract_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="billing_proposal_account_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="billing_proposal_legal_entity_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="reviewed_by", name="billing_proposal_reviewed_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="invoice",
            name="proposal",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="invoices",
                to="billing.proposal",
            ),
        ),
        migrations.CreateModel(
            name="RetainerPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(help_text="exclusive")),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("included_minutes", models.IntegerField(blank=True, null=True)),
                ("is_released", models.BooleanField(default=False)),
                ("released_on", models.DateField(blank=True, null=True)),
                (
                    "contract_line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retainer_periods",
                        to="sales.contractline",
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
                        fields=("tenant", "contract_line", "starts_on"), name="retainer_period_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                        name="retainer_has_days",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_retainerperiod_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_retainerperiod_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract_line", name="billing_retainerperiod_contract_line_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SkippedContract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run_key", models.CharField(max_length=120)),
                ("reason", models.CharField(max_length=300)),
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sales.contract",
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
                        fields=("tenant", "run_key", "contract"), name="skipped_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_skippedcontract_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_skippedcontract_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract", name="billing_skippedcontract_contract_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                (
                    "treatment",
                    models.CharField(
                        choices=[
                            ("standard", "Standard"),
                            ("zero", "Zero-rated"),
                            ("exempt", "Exempt"),
                            ("reverse_charge", "Reverse charge"),
                            ("gst_split", "CGST and SGST"),
                        ],
                        default="standard",
                        max_length=16,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("is_default", models.BooleanField(default=False)),
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
                        fields=("tenant", "legal_entity", "code"), name="tax_code_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("tenant", "legal_entity"),
                        name="one_default_tax_code",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_taxcode_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_taxcode_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="billing_taxcode_legal_entity_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProposalLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("project_id", models.BigIntegerField(null=True)),
                ("task_id", models.BigIntegerField(null=True)),
                ("resource_id", models.BigIntegerField(null=True)),
                ("role_id", models.BigIntegerField(null=True)),
                ("category_id", models.BigIntegerField(null=True)),
                ("transaction_class", models.CharField(max_length=10)),
                ("work_on", models.DateField()),
                ("description", models.CharField(blank=True, max_length=400)),
                ("minutes", models.IntegerField(null=True)),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("unit", models.CharField(max_length=10)),
                ("price", models.DecimalField(decimal_places=6, max_digits=20)),
                ("original_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "treatment",
                    models.CharField(
                        choices=[
                            ("chargeable", "Chargeable"),
                            ("non_chargeable", "Not chargeable"),
                            ("complimentary", "Complimentary"),
                            ("hold", "Held for next invoice"),
                        ],
                        default="chargeable",
                        max_length=16,
                    ),
                ),
                ("remainder", models.CharField(default="write_off", max_length=10)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("flags", models.JSONField(default=list)),
                (
                    "actual",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.actual",
                    ),
                ),
                (
                    "contract_line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.contractline",
                    ),
                ),
                (
                    "proposal",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="billing.proposal",
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
                    "tax_code",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.taxcode",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "proposal", "position"), name="proposal_line_position"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("actual__isnull", False)),
                        fields=("tenant", "proposal", "actual"),
                        name="actual_once_per_proposal",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_proposalline_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_proposalline_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="proposal", name="billing_proposalline_proposal_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="actual", name="billing_proposalline_actual_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract_line", name="billing_proposalline_contract_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="tax_code", name="billing_proposalline_tax_code_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceTax",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("tax_percent", models.DecimalField(decimal_places=4, max_digits=7)),
                ("net_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("tax_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("entity_tax_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "invoice",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taxes",
                        to="billing.invoice",
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
                    "tax_code",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.taxcode",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "invoice", "tax_code", "name"), name="invoice_tax_once"
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="invoice_tax_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_invoicetax_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_invoicetax_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="invoice", name="billing_invoicetax_invoice_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="tax_code", name="billing_invoicetax_tax_code_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("project_id", models.BigIntegerField(null=True)),
                ("task_id", models.BigIntegerField(null=True)),
                ("resource_id", models.BigIntegerField(null=True)),
                ("role_id", models.BigIntegerField(null=True)),
                ("category_id", models.BigIntegerField(null=True)),
                ("transaction_class", models.CharField(max_length=10)),
                ("work_on", models.DateField()),
                ("description", models.CharField(max_length=400)),
                ("minutes", models.IntegerField(null=True)),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ("unit", models.CharField(max_length=10)),
                ("price", models.DecimalField(decimal_places=6, max_digits=20)),
                ("net_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "actual",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.actual",
                    ),
                ),
                (
                    "contract_line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.contractline",
                    ),
                ),
                (
                    "invoice",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.invoice",
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
                    "tax_code",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.taxcode",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "invoice", "position"), name="invoice_line_position"
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="invoice_line_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_invoiceline_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_invoiceline_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="invoice", name="billing_invoiceline_invoice_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract_line", name="billing_invoiceline_contract_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="actual", name="billing_invoiceline_actual_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="tax_code", name="billing_invoiceline_tax_code_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tax_percent", models.DecimalField(decimal_places=4, max_digits=7)),
                ("valid_from", models.DateField()),
                (
                    "tax_code",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rates",
                        to="billing.taxcode",
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
                        fields=("tenant", "tax_code", "valid_from"), name="tax_rate_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tax_percent__gte", 0), ("tax_percent__lte", 100)),
                        name="tax_percent_range",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_taxrate_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_taxrate_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="tax_code", name="billing_taxrate_tax_code_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BillingCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("last_number", models.PositiveIntegerField(default=0)),
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
                    models.UniqueConstraint(fields=("tenant", "kind"), name="billing_counter_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_billingcounter_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_billingcounter_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContractMilestone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("acceptance_criteria", models.TextField(blank=True)),
                ("due_on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_started", "Not started"),
                            ("ready", "Ready to invoice"),
                            ("invoiced", "Invoiced"),
                        ],
                        default="not_started",
                        max_length=12,
                    ),
                ),
                ("ready_on", models.DateField(blank=True, null=True)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "contract_line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="milestones",
                        to="sales.contractline",
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "ready_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "task",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "contract_line", "position"), name="milestone_position"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="milestone_amount_positive"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_contractmilestone_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_contractmilestone_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract_line", name="billing_contractmilestone_contract_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="billing_contractmilestone_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="task", name="billing_contractmilestone_task_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="ready_by", name="billing_contractmilestone_ready_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceBalance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("open_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("open_entity_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("settled_on", models.DateField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                (
                    "invoice",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="billing.invoice",
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
                        fields=("tenant", "invoice"), name="one_balance_per_invoice"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_invoicebalance_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_invoicebalance_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="invoice", name="billing_invoicebalance_invoice_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("recipient", models.EmailField(max_length=254)),
                ("sent_at", models.DateTimeField()),
                ("outcome", models.CharField(max_length=200)),
                (
                    "invoice",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="billing.invoice",
                    ),
                ),
                (
                    "sent_by",
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
                "abstract": False,
                "constraints": [
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="billing_invoicedelivery_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="billing_invoicedelivery_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="invoice", name="billing_invoicedelivery_invoice_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="sent_by", name="billing_invoicedelivery_sent_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["tenant", "-issued_on", "-id"], name="invoice_latest"),
        ),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(fields=["tenant", "account", "-id"], name="invoice_by_customer"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "legal_entity", "number"), name="invoice_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("proposal__isnull", False)),
                fields=("tenant", "proposal"),
                name="one_invoice_per_proposal",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_amount",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net_amount"), "+", models.F("tax_amount")
                        ),
                    )
                ),
                name="invoice_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.AppendOnly(name="invoice_append_only"),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="billing_invoice_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="billing_invoice_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="legal_entity", name="billing_invoice_legal_entity_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="contract", name="billing_invoice_contract_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="account", name="billing_invoice_account_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="proposal", name="billing_invoice_proposal_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="corrects", name="billing_invoice_corrects_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="confirmed_by", name="billing_invoice_confirmed_by_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="journal_entry", name="billing_invoice_journal_entry_id_ref"
            ),
        ),
    ]
