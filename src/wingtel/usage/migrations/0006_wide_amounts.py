"""Prices with eight decimals, and a largest quantity for each record."""

from django.db import migrations, models

from wingtel import sql

LARGEST = 10**15

PRICE = models.DecimalField(max_digits=18, decimal_places=8)


def within(quantity: str) -> models.Q:
    """The condition on a quantity."""
    return models.Q((f"{quantity}__range", (-LARGEST, LARGEST)))


def sealed_sum(name: str, decimals: int) -> migrations.AlterField:
    """The sums that days were sealed with are as wide as the aggregates."""
    field = models.DecimalField(decimal_places=decimals, max_digits=38, null=True)
    return migrations.AlterField("usageday", name, field)


class Migration(migrations.Migration):
    dependencies = [("usage", "0005_source")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(sql.script("wingtel.usage", "sql/wide_amounts.sql"), migrations.RunSQL.noop),
            ],
            state_operations=[
                migrations.AlterField("datausagerecord", "price", PRICE),
                migrations.AlterField("voiceusagerecord", "price", PRICE),
                migrations.AlterField(
                    "usageadjustment", "price", models.DecimalField(decimal_places=8, default=0, max_digits=18)
                ),
                migrations.AddConstraint(
                    "datausagerecord",
                    models.CheckConstraint(condition=within("kilobytes_used"), name="data_usage_record_quantity"),
                ),
                migrations.AddConstraint(
                    "voiceusagerecord",
                    models.CheckConstraint(condition=within("seconds_used"), name="voice_usage_record_quantity"),
                ),
                migrations.AddConstraint(
                    "usageadjustment",
                    models.CheckConstraint(
                        condition=within("used") | models.Q(("reverses__isnull", False)),
                        name="usage_adjustment_quantity",
                    ),
                ),
            ],
        ),
        sealed_sum("kilobytes_used", 0),
        sealed_sum("data_price", 8),
        sealed_sum("seconds_used", 0),
        sealed_sum("voice_price", 8),
    ]
