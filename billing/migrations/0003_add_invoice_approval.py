import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("billing", "0002_track_deliveries"),
        ("org", "0001_initial"),
        ("sales", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="InvoiceApprovalRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "over_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="in the tenant's currency",
                        max_digits=19,
                        null=True,
                    ),
                ),
                (
                    "over_percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True),
                ),
            ],
        ),
        migrations.AddField(
            model_name="proposal",
            name="approved_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="proposal",
            name="approved_by",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("in_review", "In review"),
                    ("approved", "Approved"),
                    ("confirmed", "Confirmed"),
                    ("cancelled", "Cancelled"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="approved_by", name="billing_proposal_approved_by_id_ref"
            ),
        ),
        migrations.AddField(
            model_name="invoiceapprovalrule",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceapprovalrule",
            constraint=models.UniqueConstraint(
                fields=("tenant",), name="one_invoice_approval_rule"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceapprovalrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("over_amount__isnull", True), ("over_amount__gte", 0), _connector="OR"
                    ),
                    models.Q(
                        ("over_percent__isnull", True), ("over_percent__gte", 0), _connector="OR"
                    ),
                ),
                name="approval_rule_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceapprovalrule",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="billing_invoiceapprovalrule_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceapprovalrule",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="billing_invoiceapprovalrule_tenant_id"
            ),
        ),
    ]
