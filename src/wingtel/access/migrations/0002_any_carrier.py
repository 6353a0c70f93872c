"""A key may be limited to any carrier of the table."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_initial"), ("subscriptions", "0004_carriers")]

    operations = [
        migrations.RemoveConstraint("apikey", "api_key_carrier_known"),
        migrations.AlterField(
            "apikey",
            "carrier",
            models.CharField(blank=True, help_text="The only carrier whose subscriptions it may touch.", max_length=10),
        ),
    ]
