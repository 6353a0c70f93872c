"""Evaluating the subscriptions that changed, without remembering who is near a threshold."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("limits", "0004_wide_amounts"), ("aggregates", "0011_change_days")]

    operations = [
        migrations.RunSQL("DROP TABLE limit_near", migrations.RunSQL.noop),
        migrations.RemoveField("limitevaluation", "near_since"),
    ]
