"""The task that merges pending deltas, by its new name."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("background", "0001_task_run")]

    operations = [
        migrations.RunSQL(sql.script(__package__, "0002_merge.sql"), migrations.RunSQL.noop),
    ]
