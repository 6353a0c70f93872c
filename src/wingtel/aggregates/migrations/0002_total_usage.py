"""The all-time grain, and the deltas that a strategy may put aside."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0001_initial")]

    operations = [migrations.RunSQL(sql.script("wingtel.aggregates", "sql/totals.sql"), migrations.RunSQL.noop)]
