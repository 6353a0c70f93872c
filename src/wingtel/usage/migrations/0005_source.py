"""The batch and the line that a raw record came from."""

from django.db import migrations, models

ADD = "".join(f"ALTER TABLE {raw}_usage_record ADD COLUMN source bigint;" for raw in ("data", "voice"))
MODELS = ("DataUsageRecord", "VoiceUsageRecord")


class Migration(migrations.Migration):
    dependencies = [("usage", "0004_day_fingerprints")]

    operations = [
        migrations.CreateModel(
            name="IngestBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "origin",
                    models.TextField(
                        choices=[("import", "Import of a file"), ("request", "HTTP request")], db_collation="C"
                    ),
                ),
                (
                    "reference",
                    models.TextField(db_collation="C", help_text="The import's number, or the request's id."),
                ),
                ("name", models.TextField(blank=True, help_text="The file's name; empty for a request.")),
                (
                    "first_line",
                    models.BigIntegerField(help_text="Of a file, counted from 1; of a request, the index 0."),
                ),
                ("ingested_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
            options={
                "db_table": "ingest_batch",
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AddField(model, "source", models.BigIntegerField(null=True, editable=False))
                for model in MODELS
            ],
        ),
    ]
