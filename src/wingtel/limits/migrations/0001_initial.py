from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("subscriptions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=2000)),
                ("description", models.CharField(blank=True, max_length=120)),
                ("enabled", models.BooleanField(default=True, help_text="What is due waits while it is not.")),
                ("disabled_because", models.CharField(blank=True, editable=False, max_length=200)),
                ("secret", models.CharField(editable=False, max_length=120)),
                ("previous_secret", models.CharField(blank=True, editable=False, max_length=120)),
                ("previous_until", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "webhook_endpoint",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="LimitEvaluation",
            fields=[
                ("singleton", models.BooleanField(default=True, editable=False, primary_key=True, serialize=False)),
                ("evaluated_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "limit_evaluation",
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
                        choices=[("data", "Data"), ("voice", "Voice")],
                        help_text="Null: data and voice together.",
                        max_length=5,
                        null=True,
                    ),
                ),
                (
                    "per",
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
                    "warn_at",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(1000),
                            ]
                        ),
                        blank=True,
                        default=list,
                        help_text="Levels in percent of the amount, besides 100, such as 80.",
                        size=None,
                    ),
                ),
                (
                    "emails",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.EmailField(max_length=254),
                        blank=True,
                        default=list,
                        help_text="Who is told, besides those told of every alert.",
                        size=None,
                    ),
                ),
                (
                    "starts",
                    models.DateField(
                        blank=True,
                        help_text="Periods from this day on count, or from the last change.",
                        null=True,
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
                        to="subscriptions.plan",
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "price_limit",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "usage_type",
                    models.CharField(choices=[("data", "Data"), ("voice", "Voice")], max_length=5, null=True),
                ),
                (
                    "per",
                    models.CharField(choices=[("month", "Calendar month"), ("cycle", "Billing cycle")], max_length=5),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("level", models.IntegerField(help_text="In percent of the limit.")),
                (
                    "threshold",
                    models.DecimalField(decimal_places=6, help_text="What the level came to.", max_digits=24),
                ),
                (
                    "price",
                    models.DecimalField(decimal_places=4, help_text="The total when it was found.", max_digits=24),
                ),
                ("raised_at", models.DateTimeField()),
                ("recovered_at", models.DateTimeField(null=True)),
                ("recovered_price", models.DecimalField(decimal_places=4, max_digits=24, null=True)),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.subscription"
                    ),
                ),
                (
                    "price_limit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="limits.pricelimit"
                    ),
                ),
            ],
            options={
                "db_table": "limit_alert",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.CharField(
                        choices=[("alert.raised", "Raised"), ("alert.recovered", "Recovered")], max_length=20
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Due, or waiting to be tried again"),
                            ("delivered", "Delivered"),
                            ("dead", "Given up"),
                        ],
                        db_default="due",
                        default="due",
                        max_length=10,
                    ),
                ),
                (
                    "attempts",
                    models.IntegerField(db_default=0, default=0, help_text="Since it was made, or last replayed."),
                ),
                (
                    "due_at",
                    models.DateTimeField(help_text="When it is tried next; while it is being tried, when others may."),
                ),
                ("created_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
                ("response_status", models.IntegerField(null=True)),
                (
                    "error",
                    models.TextField(blank=True, db_default="", default="", help_text="Why the last attempt failed."),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="limits.alert"
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="limits.webhookendpoint",
                    ),
                ),
            ],
            options={
                "db_table": "limit_delivery",
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
                condition=models.Q(("per__in", ["month", "cycle"])), name="price_limit_per"
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
            index=models.Index(fields=["subscription", "id"], name="limit_alert_subscription"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(
                condition=models.Q(("recovered_at", None)),
                fields=("subscription", "price_limit", "first", "last", "level"),
                name="limit_alert_open_once",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(models.F("due_at"), condition=models.Q(("state", "due")), name="limit_delivery_due"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["endpoint", "id"], name="limit_delivery_endpoint"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("endpoint", None), models.Q(("email", ""), _negated=True)),
                    models.Q(("endpoint__isnull", False), ("email", "")),
                    _connector="OR",
                ),
                name="limit_delivery_receiver",
            ),
        ),
    ]
