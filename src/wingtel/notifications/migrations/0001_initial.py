"""Webhook endpoints and deliveries."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("wingtel_limits", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=2000)),
                ("description", models.CharField(blank=True, max_length=120)),
                (
                    "enabled",
                    models.BooleanField(default=True, help_text="Deliveries that are due wait while it is not."),
                ),
                ("disabled_because", models.CharField(blank=True, editable=False, max_length=200)),
                ("secret", models.CharField(editable=False, max_length=120)),
                ("previous_secret", models.CharField(blank=True, editable=False, max_length=120)),
                ("previous_until", models.DateTimeField(editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "wingtel_webhook_endpoint",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event",
                    models.CharField(
                        choices=[("alert.opened", "Opened"), ("alert.resolved", "Resolved")], max_length=20
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "Due, or waiting to be tried again"),
                            ("delivered", "Delivered"),
                            ("failed", "Given up"),
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
                    models.DateTimeField(help_text="The next attempt; during an attempt, that of another process."),
                ),
                ("created_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
                ("response_status", models.IntegerField(null=True)),
                (
                    "error",
                    models.TextField(
                        blank=True, db_default="", default="", help_text="The reason why the last attempt failed."
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="wingtel_limits.alert",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="wingtel_notifications.webhookendpoint",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_delivery",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(models.F("due_at"), condition=models.Q(("state", "due")), name="delivery_due"),
                    models.Index(fields=["endpoint", "id"], name="delivery_endpoint"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("endpoint", None), models.Q(("email", ""), _negated=True)),
                            models.Q(("endpoint__isnull", False), ("email", "")),
                            _connector="OR",
                        ),
                        name="delivery_receiver",
                    )
                ],
            },
        ),
    ]
