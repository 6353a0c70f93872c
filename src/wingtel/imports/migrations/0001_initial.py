"""Imports of files, and their rejected lines."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="UsageImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file", models.TextField()),
                (
                    "sha256",
                    models.CharField(db_index=True, help_text="Of the file's content, in hexadecimal.", max_length=64),
                ),
                ("feed", models.TextField(help_text="The profile's name.")),
                (
                    "profile_sha256",
                    models.CharField(default="", help_text="Of the profile's text, in hexadecimal.", max_length=64),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("running", "Running"), ("completed", "Completed"), ("failed", "Failed")],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("problem", models.TextField(blank=True, default="", help_text="The reason of the failure.")),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("lines", models.BigIntegerField(default=0)),
                ("accepted", models.BigIntegerField(default=0)),
                ("skipped", models.BigIntegerField(default=0)),
                ("duplicate", models.BigIntegerField(default=0)),
                ("conflict", models.BigIntegerField(default=0)),
                ("rejected", models.BigIntegerField(default=0)),
                ("records", models.BigIntegerField(default=0)),
                (
                    "header",
                    models.TextField(blank=True, default="", help_text="The line of the file that names its columns."),
                ),
                ("encoding", models.CharField(default="utf-8", help_text="Of the file.", max_length=10)),
            ],
            options={
                "db_table": "wingtel_import",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "lines",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("accepted"), "+", models.F("skipped")
                                            ),
                                            "+",
                                            models.F("duplicate"),
                                        ),
                                        "+",
                                        models.F("conflict"),
                                    ),
                                    "+",
                                    models.F("rejected"),
                                ),
                            )
                        ),
                        name="usage_import_adds_up",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RejectedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.BigIntegerField(help_text="Its first line in the file, counted from 1.")),
                (
                    "raw",
                    models.TextField(
                        help_text="The line, with bytes that are not of its encoding, and NUL, as escapes."
                    ),
                ),
                ("field", models.TextField(blank=True)),
                ("reason", models.TextField()),
                (
                    "usage_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rejects",
                        to="wingtel_imports.usageimport",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_rejected_record",
            },
        ),
        migrations.CreateModel(
            name="ImportedRange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.BigIntegerField()),
                ("end", models.BigIntegerField()),
                ("lines", models.BigIntegerField(help_text="Physical lines, to number those that follow.")),
                (
                    "usage_import",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranges",
                        to="wingtel_imports.usageimport",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_imported_range",
                "constraints": [models.UniqueConstraint(fields=("usage_import", "start"), name="imported_range_once")],
            },
        ),
    ]
