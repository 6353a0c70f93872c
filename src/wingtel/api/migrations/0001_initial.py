"""Answered requests with an Idempotency-Key."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="IdempotentRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "caller",
                    models.CharField(
                        help_text="The owner of the key: callers do not see each other's replies.", max_length=30
                    ),
                ),
                ("key", models.CharField(max_length=255)),
                (
                    "fingerprint",
                    models.CharField(
                        help_text="SHA-256 of the parameters and the body, in hexadecimal.", max_length=64
                    ),
                ),
                ("reply", models.JSONField(null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True),
                ),
            ],
            options={
                "db_table": "wingtel_idempotent_request",
                "constraints": [models.UniqueConstraint(fields=("caller", "key"), name="idempotent_request_unique")],
            },
        ),
    ]
