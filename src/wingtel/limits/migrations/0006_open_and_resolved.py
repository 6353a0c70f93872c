"""Alerts are opened and resolved, thresholds are in percent; what is stored keeps its meaning."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models
from django.db.models import Q

from wingtel import sql

RENAMED = {
    "pricelimit": {"per": "period", "warn_at": "thresholds"},
    "alert": {
        "per": "period",
        "threshold": "threshold_amount",
        "level": "threshold_percent",
        "raised_at": "opened_at",
        "recovered_at": "resolved_at",
        "recovered_price": "resolved_price",
    },
}

RENAME_EVENTS = """
UPDATE limit_delivery SET event = CASE event WHEN 'alert.raised' THEN 'alert.opened' ELSE 'alert.resolved' END
"""


class Migration(migrations.Migration):
    dependencies = [("limits", "0005_remove_near")]

    operations = [
        migrations.RemoveConstraint("pricelimit", "price_limit_per"),
        # The index follows the columns as they are renamed.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveConstraint("alert", "limit_alert_open_once")]
        ),
        *(migrations.RenameField(model, old, new) for model, fields in RENAMED.items() for old, new in fields.items()),
        migrations.AddConstraint(
            "pricelimit",
            models.CheckConstraint(condition=Q(period__in=["month", "cycle"]), name="price_limit_period"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    "alert",
                    models.UniqueConstraint(
                        condition=Q(resolved_at=None),
                        fields=("subscription", "price_limit", "first", "last", "threshold_percent"),
                        name="limit_alert_open_once",
                    ),
                )
            ]
        ),
        migrations.AlterField(
            "pricelimit",
            "thresholds",
            ArrayField(
                base_field=models.IntegerField(validators=[MinValueValidator(1), MaxValueValidator(1000)]),
                blank=True,
                default=list,
                help_text="In percent of the amount, besides 100, such as 80.",
                size=None,
            ),
        ),
        migrations.AlterField(
            "alert",
            "threshold_amount",
            models.DecimalField(decimal_places=6, help_text="The same in the operator's currency.", max_digits=24),
        ),
        migrations.AlterField(
            "delivery",
            "event",
            models.CharField(choices=[("alert.opened", "Opened"), ("alert.resolved", "Resolved")], max_length=20),
        ),
        migrations.RunSQL(RENAME_EVENTS, migrations.RunSQL.noop),
        migrations.RunSQL(sql.script("wingtel.limits", "sql/terms.sql"), migrations.RunSQL.noop),
    ]
