"""The all-time grain, the deltas that a strategy may put aside, and how what it installed looked."""

from django.db import migrations, models

from wingtel import sql


class Migration(migrations.Migration):
    dependencies = [("aggregates", "0001_initial")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.aggregates", "sql/totals.sql"), migrations.RunSQL.noop),
        migrations.AddField(
            model_name="activestrategy",
            name="objects_installed",
            field=models.JSONField(
                default=dict,
                help_text="The functions and views as they were installed, each with a hash, to tell drift.",
            ),
        ),
    ]
