"""Models to read raw records by a single key."""

from django.db import migrations, models

import wingtel.db.read_only


class Migration(migrations.Migration):
    dependencies = [
        ("wingtel_usage", "0002_sms"),
    ]

    operations = [
        migrations.CreateModel(
            name="DataUsageRow",
            fields=[
                (
                    "key",
                    wingtel.db.read_only.RowKeyField(
                        "record_id", "usage_date", "subscription_id", editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("record_id", models.CharField(max_length=100)),
                ("usage_date", models.DateTimeField()),
                ("price", models.DecimalField(decimal_places=8, max_digits=18)),
                ("source", models.BigIntegerField(null=True)),
                ("kilobytes_used", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "data usage record",
                "db_table": "wingtel_data_usage_record",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="SmsUsageRow",
            fields=[
                (
                    "key",
                    wingtel.db.read_only.RowKeyField(
                        "record_id", "usage_date", "subscription_id", editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("record_id", models.CharField(max_length=100)),
                ("usage_date", models.DateTimeField()),
                ("price", models.DecimalField(decimal_places=8, max_digits=18)),
                ("source", models.BigIntegerField(null=True)),
                ("messages_sent", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "SMS usage record",
                "db_table": "wingtel_sms_usage_record",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="VoiceUsageRow",
            fields=[
                (
                    "key",
                    wingtel.db.read_only.RowKeyField(
                        "record_id", "usage_date", "subscription_id", editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("record_id", models.CharField(max_length=100)),
                ("usage_date", models.DateTimeField()),
                ("price", models.DecimalField(decimal_places=8, max_digits=18)),
                ("source", models.BigIntegerField(null=True)),
                ("seconds_used", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "voice usage record",
                "db_table": "wingtel_voice_usage_record",
                "managed": False,
            },
        ),
    ]
