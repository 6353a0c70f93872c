"""Who is so near to a level that every change has to be looked at."""

from django.db import migrations, models

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("limits", "0002_functions"), ("aggregates", "0007_beyond")]

    operations = [
        migrations.AddField("limitevaluation", "near_since", models.DateField(null=True)),
        migrations.RunSQL(sql.script("wingtel.limits", "sql/near.sql"), migrations.RunSQL.noop),
    ]
