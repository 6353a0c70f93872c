"""Conflicts of records."""

import django.db.models.deletion
from django.db import migrations, models

import wingtel.usage.usage_types


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("wingtel_subscriptions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageConflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("usage_type", models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C")),
                ("record_id", models.CharField(db_collation="C", max_length=100)),
                ("usage_date", models.DateTimeField()),
                ("stored_quantity", models.BigIntegerField()),
                ("stored_price", models.DecimalField(decimal_places=8, max_digits=18)),
                ("quantity", models.BigIntegerField()),
                ("price", models.DecimalField(decimal_places=8, max_digits=18)),
                (
                    "source",
                    models.BigIntegerField(
                        help_text="Batch and line that it came from, as of a raw record.", null=True
                    ),
                ),
                ("detected_at", models.DateTimeField(auto_now_add=True)),
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
                "db_table": "wingtel_usage_conflict",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("record_id", "usage_date", "subscription", "usage_type", "quantity", "price"),
                        name="usage_conflict_once",
                    )
                ],
            },
        ),
    ]
