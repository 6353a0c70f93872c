"""Models to read the views `usage_daily` and `usage_monthly`."""

from django.db import migrations, models

import wingtel.db.read_only
import wingtel.usage.usage_types


class Migration(migrations.Migration):
    dependencies = [
        ("wingtel_aggregates", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageDaily",
            fields=[
                ("usage_type", models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C")),
                ("used", models.DecimalField(decimal_places=0, max_digits=38)),
                ("price", models.DecimalField(decimal_places=8, max_digits=38)),
                ("records", models.BigIntegerField()),
                (
                    "key",
                    wingtel.db.read_only.RowKeyField(
                        "subscription_id", "usage_type", "day", editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField()),
            ],
            options={
                "verbose_name": "daily usage",
                "verbose_name_plural": "daily usage",
                "db_table": "usage_daily",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="UsageMonthly",
            fields=[
                ("usage_type", models.TextField(choices=wingtel.usage.usage_types.choices, db_collation="C")),
                ("used", models.DecimalField(decimal_places=0, max_digits=38)),
                ("price", models.DecimalField(decimal_places=8, max_digits=38)),
                ("records", models.BigIntegerField()),
                (
                    "key",
                    wingtel.db.read_only.RowKeyField(
                        "subscription_id", "usage_type", "month", editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
            ],
            options={
                "verbose_name": "monthly usage",
                "verbose_name_plural": "monthly usage",
                "db_table": "usage_monthly",
                "managed": False,
            },
        ),
    ]
