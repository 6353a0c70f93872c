"""Noting whose prices left their ceilings."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0006_changes")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/change_beyond.sql"), migrations.RunSQL.noop),
    ]
