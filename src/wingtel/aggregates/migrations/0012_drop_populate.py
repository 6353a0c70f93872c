"""The functions that replaced aggregates, dropped."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0011_change_days")]

    operations = [
        migrations.RunSQL(sql.script(__package__, "0012_drop_populate.sql"), migrations.RunSQL.noop),
    ]
