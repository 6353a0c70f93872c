"""The stored aggregates, and the active strategy."""

import django.db.models.deletion
from django.db import migrations, models

import wingtel.usage.usage_types
from wingtel import sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("wingtel_subscriptions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ActiveStrategy",
            fields=[
                ("singleton", models.BooleanField(default=True, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=40)),
                (
                    "fingerprint",
                    models.CharField(help_text="Of the objects installed, to tell an outdated install.", max_length=64),
                ),
                (
                    "objects_installed",
                    models.JSONField(
                        default=dict,
                        help_text="The functions and views as they were installed, each with a hash, to tell drift.",
                    ),
                ),
                ("since", models.DateTimeField(auto_now=True)),
            ],
            options={
                "db_table": "wingtel_active_strategy",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("singleton", True)), name="active_strategy_is_one")
                ],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script(__package__, "0001_initial.sql"), migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.CreateModel(
                    name="DailyUsage",
                    fields=[
                        (
                            "usage_type",
                            models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C"),
                        ),
                        ("used", models.DecimalField(decimal_places=0, max_digits=38)),
                        ("price", models.DecimalField(decimal_places=8, max_digits=38)),
                        ("records", models.BigIntegerField()),
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "subscription_id",
                                "usage_type",
                                "day",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("day", models.DateField()),
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
                        "db_table": "wingtel_daily_usage",
                    },
                ),
                migrations.CreateModel(
                    name="LifetimeUsage",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "subscription_id",
                                "usage_type",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "usage_type",
                            models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C"),
                        ),
                        ("price_lower_bound", models.DecimalField(decimal_places=8, max_digits=24)),
                        ("price_upper_bound", models.DecimalField(decimal_places=8, max_digits=24)),
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
                        "db_table": "wingtel_lifetime_usage",
                    },
                ),
                migrations.CreateModel(
                    name="MonthlyUsage",
                    fields=[
                        (
                            "usage_type",
                            models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C"),
                        ),
                        ("used", models.DecimalField(decimal_places=0, max_digits=38)),
                        ("price", models.DecimalField(decimal_places=8, max_digits=38)),
                        ("records", models.BigIntegerField()),
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "subscription_id",
                                "usage_type",
                                "month",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("month", models.DateField()),
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
                        "db_table": "wingtel_monthly_usage",
                    },
                ),
            ],
        ),
    ]
