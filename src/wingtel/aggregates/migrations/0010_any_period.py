"""Exceeding a limit in any period of days, found by one function."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0009_plans")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/any_period.sql"), migrations.RunSQL.noop),
    ]
