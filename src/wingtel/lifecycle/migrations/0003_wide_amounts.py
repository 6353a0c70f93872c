"""Drift of whatever prices can come to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0002_population")]

    operations = [
        migrations.AlterField("reconciliation", "drift_price", models.DecimalField(decimal_places=8, max_digits=38)),
    ]
