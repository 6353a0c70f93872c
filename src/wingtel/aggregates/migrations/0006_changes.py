"""Noting whose aggregates were changed."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0005_carriers")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/change_table.sql"), migrations.RunSQL.noop),
    ]
