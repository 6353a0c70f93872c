"""Whether writers announce what they change; and every write of the models, cascades too, through their queryset."""

from django.db import migrations, models

import wingtel.usage.models
from wingtel import sql

MODELS = ["DataUsageRecord", "VoiceUsageRecord"]


def through_the_queryset(model: str) -> list[migrations.operations.base.Operation]:
    """Nothing changes in the database."""
    return [
        migrations.AlterModelOptions(model, options={"base_manager_name": "objects"}),
        migrations.AlterField(
            model,
            "subscription",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=wingtel.usage.models.delete_usage,
                related_name="+",
                to="subscriptions.subscription",
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("usage", "0001_initial")]

    operations = [
        migrations.RunSQL(sql.script("wingtel.usage", "sql/announcing.sql"), migrations.RunSQL.noop),
        *(operation for model in MODELS for operation in through_the_queryset(model)),
    ]
