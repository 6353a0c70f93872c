"""The all-time grain, the deltas that a strategy may put aside, and how what it installed looked."""

import django.db.models.deletion
from django.db import migrations, models

from wingtel import sql

total_usage = migrations.CreateModel(
    name="TotalUsage",
    fields=[
        (
            "pk",
            models.CompositePrimaryKey(
                "subscription_id", "usage_type", blank=True, editable=False, primary_key=True, serialize=False
            ),
        ),
        ("usage_type", models.TextField(choices=[("data", "Data"), ("voice", "Voice")], db_collation="C")),
        ("floor", models.DecimalField(decimal_places=8, max_digits=24)),
        ("ceiling", models.DecimalField(decimal_places=8, max_digits=24)),
        (
            "subscription",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="subscriptions.subscription",
            ),
        ),
    ],
    options={"db_table": "total_usage"},
)


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script("wingtel.aggregates", "sql/totals.sql"), migrations.RunSQL.noop)
            ],
            state_operations=[total_usage],
        ),
        migrations.AddField(
            model_name="activestrategy",
            name="objects_installed",
            field=models.JSONField(
                default=dict,
                help_text="The functions and views as they were installed, each with a hash, to tell drift.",
            ),
        ),
    ]
