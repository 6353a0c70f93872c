"""The index by ceiling instead of band, and packed deltas."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0002_total_usage")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/ceilings.sql"), migrations.RunSQL.noop),
    ]
