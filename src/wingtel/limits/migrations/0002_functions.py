"""Billing cycles, and noting what has to be evaluated anew."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("limits", "0001_initial"), ("aggregates", "0006_changes")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.limits", "sql/tables.sql"), migrations.RunSQL.noop),
    ]
