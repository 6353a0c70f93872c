"""API keys."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="The user of the key. One key in force has a name at a time.", max_length=80
                    ),
                ),
                ("prefix", models.CharField(help_text="Its visible part, which finds it.", max_length=8, unique=True)),
                ("hashed", models.CharField(help_text="SHA-256 of the whole key, in hexadecimal.", max_length=64)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("read", "Ask for answers and lists"),
                                ("ingest", "Record usage"),
                                ("admin", "Everything, such as changing plans, subscriptions and adjustments"),
                            ],
                            max_length=10,
                        ),
                        size=None,
                    ),
                ),
                (
                    "carrier",
                    models.CharField(
                        blank=True, help_text="The only carrier whose subscriptions it may touch.", max_length=10
                    ),
                ),
                (
                    "requests_per_minute",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Without it, the operator's default.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, help_text="To the minute.", null=True)),
            ],
            options={
                "db_table": "wingtel_api_key",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at", None)), fields=("name",), name="api_key_name_in_force_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("scopes__contained_by", ["read", "ingest", "admin"]), ("scopes__len__gt", 0)
                        ),
                        name="api_key_scopes_known",
                    ),
                ],
            },
        ),
    ]
