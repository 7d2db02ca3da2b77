from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("billing", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="invoicedelivery",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="invoicedelivery",
            name="detail",
            field=models.CharField(default="by_role", max_length=20),
        ),
        migrations.AddField(
            model_name="invoicedelivery",
            name="document_sha256",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="invoicedelivery",
            name="message",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="invoicedelivery",
            name="request_key",
            field=models.CharField(default="", max_length=80),
        ),
        migrations.AddField(
            model_name="invoicedelivery",
            name="requested_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="invoicedelivery",
            name="state",
            field=models.CharField(
                choices=[("waiting", "Waiting"), ("sent", "Sent"), ("failed", "Not sent")],
                default="waiting",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="invoicedelivery",
            name="with_backup",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="invoicedelivery",
            name="sent_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="invoicedelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["tenant", "id"],
                name="delivery_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="invoicedelivery",
            constraint=models.UniqueConstraint(
                fields=("tenant", "invoice", "recipient", "request_key"),
                name="invoice_delivery_asked_once",
            ),
        ),
    ]
