"""The state of each business day, and the corrections that are kept beside the raw records."""

import django.db.models.deletion
from django.db import migrations, models

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0001_initial"),
        ("usage", "0002_announcing"),
    ]

    operations = [
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
                    models.DateTimeField(help_text="When a late write last opened it after it was sealed.", null=True),
                ),
                ("reopened", models.IntegerField(db_default=0, default=0, help_text="How often that happened.")),
                ("data_records", models.BigIntegerField(null=True)),
                ("kilobytes_used", models.DecimalField(decimal_places=0, max_digits=30, null=True)),
                ("data_price", models.DecimalField(decimal_places=4, max_digits=30, null=True)),
                ("voice_records", models.BigIntegerField(null=True)),
                ("seconds_used", models.DecimalField(decimal_places=0, max_digits=30, null=True)),
                ("voice_price", models.DecimalField(decimal_places=4, max_digits=30, null=True)),
            ],
            options={
                "db_table": "usage_day",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "sealing", "sealed", "expired"])),
                        name="usage_day_state_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageAdjustment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("usage_type", models.TextField(choices=[("data", "Data"), ("voice", "Voice")], db_collation="C")),
                ("day", models.DateField()),
                ("used", models.BigIntegerField(default=0)),
                ("price", models.DecimalField(decimal_places=4, default=0, max_digits=14)),
                ("reason", models.TextField(help_text="Why, for whoever asks later.")),
                ("actor", models.TextField(help_text="Who made it.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reversed_by",
                        to="usage.usageadjustment",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "usage_adjustment",
                "indexes": [models.Index(fields=["day", "subscription"], name="usage_adjustment_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("usage_type__in", ["data", "voice"])), name="usage_adjustment_type_is_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True), models.Q(("actor", ""), _negated=True)
                        ),
                        name="usage_adjustment_says_why",
                    ),
                ],
            },
        ),
        migrations.RunSQL(sql.script("wingtel.usage", "sql/days.sql"), migrations.RunSQL.noop),
    ]
