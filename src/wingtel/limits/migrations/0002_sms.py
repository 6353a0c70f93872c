"""Limits of SMS."""

from django.db import migrations, models
from django.db.models import Q

import wingtel.usage.usage_types


class Migration(migrations.Migration):
    dependencies = [("wingtel_limits", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("pricelimit", "price_limit_usage_type"),
        migrations.AlterField(
            "pricelimit",
            "usage_type",
            models.CharField(
                blank=True,
                choices=wingtel.usage.usage_types.choices,
                help_text="Null: all usage types together.",
                max_length=5,
                null=True,
            ),
        ),
        migrations.AddConstraint(
            "pricelimit",
            models.CheckConstraint(
                condition=Q(usage_type=None) | Q(usage_type__in=["data", "voice", "sms"]),
                name="price_limit_usage_type",
            ),
        ),
    ]
