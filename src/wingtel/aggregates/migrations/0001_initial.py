"""The stored aggregates and the record of which strategy keeps them."""

import django.db.models.deletion
from django.db import migrations, models

from wingtel import sql


def stored_usage(name: str, table: str, period: str) -> migrations.CreateModel:
    """What Django knows of a stored aggregate: the same at each grain."""
    return migrations.CreateModel(
        name=name,
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "subscription_id",
                    "usage_type",
                    period,
                    blank=True,
                    editable=False,
                    primary_key=True,
                    serialize=False,
                ),
            ),
            (
                "usage_type",
                models.TextField(choices=[("data", "Data"), ("voice", "Voice")], db_collation="C"),
            ),
            ("used", models.BigIntegerField()),
            ("price", models.DecimalField(decimal_places=4, max_digits=20)),
            ("records", models.BigIntegerField()),
            (period, models.DateField()),
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
        options={"db_table": table},
    )


class Migration(migrations.Migration):
    initial = True
    dependencies = [("usage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script("wingtel.aggregates", "sql/price_bands.sql"), migrations.RunSQL.noop),
                migrations.RunSQL(sql.script("wingtel.aggregates", "sql/tables.sql"), migrations.RunSQL.noop),
            ],
            state_operations=[
                stored_usage("DailyUsage", "daily_usage", "day"),
                stored_usage("MonthlyUsage", "monthly_usage", "month"),
            ],
        ),
        migrations.CreateModel(
            name="ActiveStrategy",
            fields=[
                (
                    "singleton",
                    models.BooleanField(default=True, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=40)),
                (
                    "fingerprint",
                    models.CharField(help_text="Of the objects installed, to tell an outdated install.", max_length=64),
                ),
                ("since", models.DateTimeField(auto_now=True)),
            ],
            options={"db_table": "active_strategy"},
        ),
        migrations.AddConstraint(
            model_name="activestrategy",
            constraint=models.CheckConstraint(condition=models.Q(("singleton", True)), name="active_strategy_is_one"),
        ),
    ]
