"""Adjustments that are credits of a carrier's file have the key of a record, so that each counts once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("usage", "0008_currency")]

    operations = [
        migrations.AddField(
            "usageadjustment",
            "record_id",
            models.CharField(
                db_collation="C",
                db_default="",
                default="",
                help_text="The carrier's reference of a credit.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            "usageadjustment",
            "usage_date",
            models.DateTimeField(help_text="The timestamp of a credit; of others there is none.", null=True),
        ),
        migrations.AddConstraint(
            "usageadjustment",
            models.UniqueConstraint(
                condition=models.Q(("usage_date__isnull", False)),
                fields=["record_id", "usage_date", "subscription", "usage_type"],
                name="usage_adjustment_credit_once",
            ),
        ),
    ]
