"""Price limits and alerts."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
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
            name="LimitEvaluation",
            fields=[
                ("singleton", models.BooleanField(default=True, editable=False, primary_key=True, serialize=False)),
                ("evaluated_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "wingtel_limit_evaluation",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("singleton", True)), name="limit_evaluation_is_one")
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=120)),
                (
                    "usage_type",
                    models.CharField(
                        blank=True,
                        choices=wingtel.usage.usage_types.choices,
                        help_text="Null: data and voice together.",
                        max_length=5,
                        null=True,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[("month", "Calendar month"), ("cycle", "Billing cycle")], default="month", max_length=5
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=4,
                        help_text="In the operator's currency; a total that equals it has reached it.",
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.0001"))],
                    ),
                ),
                (
                    "thresholds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(1000),
                            ]
                        ),
                        blank=True,
                        default=list,
                        help_text="In percent of the amount, besides 100, such as 80.",
                        size=None,
                    ),
                ),
                (
                    "emails",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.EmailField(max_length=254),
                        blank=True,
                        default=list,
                        help_text="Addresses to notify, besides those notified of every alert.",
                        size=None,
                    ),
                ),
                (
                    "starts",
                    models.DateField(
                        blank=True, help_text="Periods from this day on count, or from the last change.", null=True
                    ),
                ),
                (
                    "pending",
                    models.BooleanField(default=True, editable=False, help_text="Changed since it was evaluated."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wingtel_subscriptions.plan",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wingtel_subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_price_limit",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "usage_type",
                    models.CharField(choices=wingtel.usage.usage_types.choices, max_length=5, null=True),
                ),
                (
                    "period",
                    models.CharField(choices=[("month", "Calendar month"), ("cycle", "Billing cycle")], max_length=5),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("threshold_percent", models.IntegerField(help_text="In percent of the limit.")),
                (
                    "threshold_amount",
                    models.DecimalField(
                        decimal_places=6, help_text="The same in the operator's currency.", max_digits=24
                    ),
                ),
                (
                    "price",
                    models.DecimalField(decimal_places=8, help_text="The total when it was found.", max_digits=38),
                ),
                ("opened_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolved_price", models.DecimalField(decimal_places=8, max_digits=38, null=True)),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="wingtel_subscriptions.subscription",
                    ),
                ),
                (
                    "price_limit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="wingtel_limits.pricelimit",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_alert",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="pricelimit",
            index=models.Index(condition=models.Q(("pending", True)), fields=["id"], name="price_limit_pending"),
        ),
        migrations.AddConstraint(
            model_name="pricelimit",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="price_limit_amount"),
        ),
        migrations.AddConstraint(
            model_name="pricelimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("plan", None), ("subscription", None), _connector="OR"), name="price_limit_scope"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("period__in", ["month", "cycle"])), name="price_limit_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("usage_type", None), ("usage_type__in", ["data", "voice"]), _connector="OR"),
                name="price_limit_usage_type",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["subscription", "id"], name="alert_subscription"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(("resolved_at", None)),
                fields=("subscription", "price_limit", "first", "last", "threshold_percent"),
                name="alert_open_once",
            ),
        ),
        migrations.RunSQL(sql.script(__package__, "0001_initial.sql"), migrations.RunSQL.noop),
    ]
