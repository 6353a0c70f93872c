"""Raw records, business days and adjustments."""

from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import wingtel.usage.models
import wingtel.usage.usage_types
from wingtel import sql

FIX_CURRENCY = """
CREATE FUNCTION usage_currency() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT %s::text $f$
"""


def fix_settings(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Store the operator's time zone and currency, which do not change any more."""
    editor.execute("SELECT usage_set_time_zone(%s)", [settings.WINGTEL_TIME_ZONE])
    editor.execute(FIX_CURRENCY, [settings.WINGTEL_CURRENCY])


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("wingtel_subscriptions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="IngestBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "origin",
                    models.TextField(
                        choices=[("import", "Import of a file"), ("request", "HTTP request")], db_collation="C"
                    ),
                ),
                (
                    "reference",
                    models.TextField(db_collation="C", help_text="The import's number, or the request's id."),
                ),
                ("name", models.TextField(blank=True, help_text="The file's name; empty for a request.")),
                (
                    "first_line",
                    models.BigIntegerField(help_text="Of a file, counted from 1; of a request, the index 0."),
                ),
                ("ingested_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                "db_table": "wingtel_ingest_batch",
            },
        ),
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("open", "Open"),
                            ("sealing", "Being sealed"),
                            ("sealed", "Sealed"),
                            ("expired", "Expired"),
                        ],
                        db_collation="C",
                        db_default="open",
                        default="open",
                    ),
                ),
                ("sealed_at", models.DateTimeField(null=True)),
                ("expired_at", models.DateTimeField(null=True)),
                (
                    "reopened_at",
                    models.DateTimeField(
                        help_text="The timestamp at which a late write last opened it after it was sealed.", null=True
                    ),
                ),
                (
                    "reopened",
                    models.IntegerField(db_default=0, default=0, help_text="The number of times that this happened."),
                ),
            ],
            options={
                "db_table": "wingtel_usage_day",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "sealing", "sealed", "expired"])),
                        name="usage_day_state_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageDaySum",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "usage_type", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("usage_type", models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C")),
                ("records", models.BigIntegerField()),
                ("used", models.DecimalField(decimal_places=0, max_digits=38)),
                ("price", models.DecimalField(decimal_places=8, max_digits=38)),
                ("fingerprint", models.DecimalField(decimal_places=0, max_digits=30)),
                (
                    "day",
                    models.ForeignKey(
                        db_column="day",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sums",
                        to="wingtel_usage.usageday",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_usage_day_sum",
            },
        ),
        migrations.CreateModel(
            name="UsageAdjustment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("usage_type", models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C")),
                ("day", models.DateField()),
                ("used", models.BigIntegerField(default=0)),
                ("price", models.DecimalField(decimal_places=8, default=0, max_digits=18)),
                ("reason", models.TextField(help_text="The reason, for later reference.")),
                ("actor", models.TextField(help_text="The person or API key that made it.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "record_id",
                    models.CharField(
                        db_collation="C",
                        db_default="",
                        default="",
                        help_text="The carrier's reference of a credit.",
                        max_length=100,
                    ),
                ),
                (
                    "usage_date",
                    models.DateTimeField(help_text="The timestamp of a credit; of others there is none.", null=True),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="wingtel_usage.usageadjustment",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="wingtel_subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_usage_adjustment",
                "indexes": [models.Index(fields=["day", "subscription"], name="usage_adjustment_day")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("usage_date__isnull", False)),
                        fields=("record_id", "usage_date", "subscription", "usage_type"),
                        name="usage_adjustment_credit_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("usage_type__in", ["data", "voice"])), name="usage_adjustment_type_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True), models.Q(("actor", ""), _negated=True)
                        ),
                        name="usage_adjustment_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("used__range", (-1000000000000000, 1000000000000000)),
                            ("reverses__isnull", False),
                            _connector="OR",
                        ),
                        name="usage_adjustment_quantity",
                    ),
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script(__package__, "0001_initial.sql"), migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="DataUsageRecord",
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
                            models.CharField(
                                db_collation="C", default=wingtel.usage.models.new_record_id, max_length=100
                            ),
                        ),
                        (
                            "usage_date",
                            models.DateTimeField(
                                help_text="The timestamp of the usage. Its business day decides the partition."
                            ),
                        ),
                        ("price", models.DecimalField(decimal_places=8, default=Decimal(0), max_digits=18)),
                        ("source", models.BigIntegerField(editable=False, null=True)),
                        ("kilobytes_used", models.BigIntegerField()),
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
                        "db_table": "wingtel_data_usage_record",
                        "abstract": False,
                        "base_manager_name": "objects",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kilobytes_used__range", (-1000000000000000, 1000000000000000))),
                                name="data_usage_record_quantity",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VoiceUsageRecord",
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
                            models.CharField(
                                db_collation="C", default=wingtel.usage.models.new_record_id, max_length=100
                            ),
                        ),
                        (
                            "usage_date",
                            models.DateTimeField(
                                help_text="The timestamp of the usage. Its business day decides the partition."
                            ),
                        ),
                        ("price", models.DecimalField(decimal_places=8, default=Decimal(0), max_digits=18)),
                        ("source", models.BigIntegerField(editable=False, null=True)),
                        ("seconds_used", models.BigIntegerField()),
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
                        "db_table": "wingtel_voice_usage_record",
                        "abstract": False,
                        "base_manager_name": "objects",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("seconds_used__range", (-1000000000000000, 1000000000000000))),
                                name="voice_usage_record_quantity",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunPython(fix_settings, migrations.RunPython.noop),
    ]
