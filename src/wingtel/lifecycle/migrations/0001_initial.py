"""Reconciliations and rebuild runs."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RebuildRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.DateField(null=True)),
                ("last", models.DateField(null=True)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "done",
                    django.contrib.postgres.fields.ArrayField(base_field=models.DateField(), default=list, size=None),
                ),
            ],
            options={
                "db_table": "wingtel_rebuild_run",
            },
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("strategy", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("keys", models.BigIntegerField(help_text="Daily keys compared.")),
                ("drift_keys", models.BigIntegerField(help_text="Keys that differ, of days, months and totals.")),
                ("drift_price", models.DecimalField(decimal_places=8, max_digits=38)),
                ("repaired", models.BooleanField(default=False)),
                ("differences", models.JSONField(default=list)),
            ],
            options={
                "db_table": "wingtel_reconciliation",
                "ordering": ["-pk"],
            },
        ),
    ]
