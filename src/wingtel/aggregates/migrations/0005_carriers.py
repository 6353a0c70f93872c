"""Exceeding a limit among the subscriptions of one carrier."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0004_bounds")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/carriers.sql"), migrations.RunSQL.noop),
    ]
