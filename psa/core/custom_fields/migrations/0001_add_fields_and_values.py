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
            name="CustomField",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("record_type", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=40)),
                ("label", models.CharField(max_length=60)),
                ("help_text", models.CharField(blank=True, max_length=160)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("date", "Date"),
                            ("choice", "Choice"),
                            ("user", "Member"),
                        ],
                        max_length=6,
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=1)),
                ("is_required", models.BooleanField(default=False)),
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
        ),
        migrations.CreateModel(
            name="CustomFieldChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("label", models.CharField(max_length=80)),
                ("position", models.PositiveSmallIntegerField(default=1)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "custom_field",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="choices",
                        to="custom_fields.customfield",
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
            name="CustomValue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("record_id", models.BigIntegerField()),
                ("text", models.CharField(max_length=200)),
                ("scaled", models.BigIntegerField(blank=True, null=True)),
                ("on", models.DateField(blank=True, null=True)),
                (
                    "choice",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="custom_fields.customfieldchoice",
                    ),
                ),
                (
                    "custom_field",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="values",
                        to="custom_fields.customfield",
                    ),
                ),
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
        migrations.AddConstraint(
            model_name="customfield",
            constraint=models.UniqueConstraint(
                fields=("tenant", "record_type", "key"), name="custom_field_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="customfield",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="custom_fields_customfield_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="customfield",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="custom_fields_customfield_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="customfieldchoice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "custom_field", "code"), name="custom_field_choice_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="customfieldchoice",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="custom_fields_customfieldchoice_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="customfieldchoice",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="custom_fields_customfieldchoice_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="customfieldchoice",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="custom_field", name="custom_fields_customfieldchoice_custom_field_id_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="customvalue",
            index=models.Index(
                fields=["tenant", "custom_field", "text"], name="custom_value_by_text"
            ),
        ),
        migrations.AddIndex(
            model_name="customvalue",
            index=models.Index(
                condition=models.Q(("on__isnull", False)),
                fields=["tenant", "custom_field", "on"],
                name="custom_value_by_day",
            ),
        ),
        migrations.AddIndex(
            model_name="customvalue",
            index=models.Index(
                condition=models.Q(("scaled__isnull", False)),
                fields=["tenant", "custom_field", "scaled"],
                name="custom_value_by_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="customvalue",
            constraint=models.UniqueConstraint(
                fields=("tenant", "custom_field", "record_id"), name="custom_value_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="customvalue",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="custom_value_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="customvalue",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="custom_fields_customvalue_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="customvalue",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="custom_fields_customvalue_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="customvalue",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="custom_field", name="custom_fields_customvalue_custom_field_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="customvalue",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="choice", name="custom_fields_customvalue_choice_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="customvalue",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="member", name="custom_fields_customvalue_member_id_ref"
            ),
        ),
    ]
