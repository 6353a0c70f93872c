"""Logging whose usage changed, without how far."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0010_any_period")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/change_days.sql"), migrations.RunSQL.noop),
    ]
