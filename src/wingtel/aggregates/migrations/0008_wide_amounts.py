"""Sums that no records can leave the type of."""

from django.db import migrations, models

from wingtel import sql

USED = models.DecimalField(decimal_places=0, max_digits=38)
PRICE = models.DecimalField(decimal_places=8, max_digits=38)


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0007_beyond"), ("usage", "0006_wide_amounts")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script("wingtel.aggregates", "sql/wide_amounts.sql"), migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.AlterField(model, name, field)
                for model in ("dailyusage", "monthlyusage")
                for name, field in (("used", USED), ("price", PRICE))
            ],
        ),
    ]
