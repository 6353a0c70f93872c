"""A third usage type: SMS, counted in messages."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import wingtel.usage.models
from wingtel import sql

IN_RANGE = models.Q(messages_sent__range=(-(10**15), 10**15))

RECORD = migrations.CreateModel(
    name="SmsUsageRecord",
    fields=[
        (
            "pk",
            models.CompositePrimaryKey(
                "record_id",
                "usage_date",
                "subscription_id",
                blank=True,
                editable=False,
                primary_key=True,
                serialize=False,
            ),
        ),
        (
            "record_id",
            models.CharField(db_collation="C", default=wingtel.usage.models.new_record_id, max_length=100),
        ),
        (
            "usage_date",
            models.DateTimeField(help_text="The timestamp of the usage. Its business day decides the partition."),
        ),
        ("price", models.DecimalField(decimal_places=8, default=Decimal(0), max_digits=18)),
        ("source", models.BigIntegerField(editable=False, null=True)),
        ("messages_sent", models.BigIntegerField()),
        (
            "subscription",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="wingtel_subscriptions.subscription",
            ),
        ),
    ],
    options={
        "db_table": "wingtel_sms_usage_record",
        "abstract": False,
        "base_manager_name": "objects",
        "constraints": [models.CheckConstraint(condition=IN_RANGE, name="sms_usage_record_quantity")],
    },
)


class Migration(migrations.Migration):
    dependencies = [("wingtel_usage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script(__package__, "0002_sms.sql"), migrations.RunSQL.noop),
            ],
            state_operations=[RECORD],
        ),
        migrations.RemoveConstraint("usageadjustment", "usage_adjustment_type_is_known"),
        migrations.AddConstraint(
            "usageadjustment",
            models.CheckConstraint(
                condition=models.Q(usage_type__in=["data", "voice", "sms"]), name="usage_adjustment_type_is_known"
            ),
        ),
    ]
