"""Exceeding a limit among the subscriptions of one plan."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0008_wide_amounts")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/plans.sql"), migrations.RunSQL.noop),
    ]
