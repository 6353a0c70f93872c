"""A day is sealed with fingerprints of its keys, which prove each of them once the raw records are gone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("usage", "0003_days_and_adjustments")]

    operations = [
        migrations.AddField("usageday", name, models.DecimalField(decimal_places=0, max_digits=30, null=True))
        for name in ("data_fingerprint", "voice_fingerprint")
    ]
