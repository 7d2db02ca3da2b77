import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0008_add_defaults_version"),
        ("projects", "0016_keep_template_versions"),
        ("sales", "0004_fix_exchange_rates"),
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="draft_of",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="projects.projecttemplate",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="open_role",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="draft_of", name="projects_project_draft_of_id_ref"
            ),
        ),
    ]
