"""Whose an Idempotency-Key is. Requests answered so far were of nobody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0001_idempotent_request")]

    operations = [
        migrations.AddField(
            model_name="idempotentrequest",
            name="caller",
            field=models.CharField(
                default="", help_text="Whose key it is: callers do not see each other's replies.", max_length=30
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="idempotentrequest",
            name="key",
            field=models.CharField(max_length=255),
        ),
        migrations.AddConstraint(
            model_name="idempotentrequest",
            constraint=models.UniqueConstraint(fields=("caller", "key"), name="idempotent_request_unique"),
        ),
    ]
