"""The raw tables, partitioned by business day, which Django's own CREATE TABLE cannot say."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import wingtel.usage.models
from wingtel import sql


def record_model(name: str, table: str, quantity: str) -> migrations.CreateModel:
    """What Django knows of a raw table."""
    return migrations.CreateModel(
        name=name,
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
                models.CharField(default=wingtel.usage.models.new_record_id, max_length=100, db_collation="C"),
            ),
            (
                "usage_date",
                models.DateTimeField(help_text="When it was used; its business day decides the partition."),
            ),
            (
                "subscription",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="subscriptions.subscription",
                ),
            ),
            ("price", models.DecimalField(decimal_places=4, max_digits=14)),
            (quantity, models.BigIntegerField()),
        ],
        options={"db_table": table},
    )


def set_time_zone(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the operator's zone from the settings, once."""
    editor.execute("SELECT usage_set_time_zone(%s)", [settings.WINGTEL_TIME_ZONE])


class Migration(migrations.Migration):
    initial = True
    dependencies = [("subscriptions", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script("wingtel.usage", "sql/tables.sql"), migrations.RunSQL.noop),
                migrations.RunSQL(sql.script("wingtel.usage", "sql/business_days.sql"), migrations.RunSQL.noop),
            ],
            state_operations=[
                record_model("DataUsageRecord", "data_usage_record", "kilobytes_used"),
                record_model("VoiceUsageRecord", "voice_usage_record", "seconds_used"),
            ],
        ),
        migrations.RunPython(set_time_zone, migrations.RunPython.noop),
    ]
