"""Alerts of whatever prices can come to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("limits", "0003_near")]

    operations = [
        migrations.AlterField(
            "alert",
            "price",
            models.DecimalField(decimal_places=8, help_text="The total when it was found.", max_digits=38),
        ),
        migrations.AlterField(
            "alert", "recovered_price", models.DecimalField(decimal_places=8, max_digits=38, null=True)
        ),
    ]
