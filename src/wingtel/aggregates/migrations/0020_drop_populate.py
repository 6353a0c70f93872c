"""The functions that replaced aggregates, dropped."""

from django.db import migrations

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0010_any_period")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/drop_populate.sql"), migrations.RunSQL.noop),
    ]
