"""Bounds of prices that hold for negative months."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0003_ceilings")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/bounds.sql"), migrations.RunSQL.noop),
    ]
