"""A raw record without a price costs nothing. Partitions that are there get the default from their raw table."""

from decimal import Decimal

from django.db import migrations, models

SET_DEFAULT = "".join(f"ALTER TABLE {raw}_usage_record ALTER COLUMN price SET DEFAULT 0;" for raw in ("data", "voice"))
PRICE = models.DecimalField(decimal_places=8, max_digits=18, default=Decimal(0))


class Migration(migrations.Migration):
    dependencies = [("usage", "0006_wide_amounts")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SET_DEFAULT, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AlterField("datausagerecord", "price", PRICE),
                migrations.AlterField("voiceusagerecord", "price", PRICE),
            ],
        ),
    ]
