"""Carriers are data: a table, with those of the first endpoints in it."""

from django.core.validators import RegexValidator
from django.db import migrations, models

from wingtel.subscriptions.identifiers import validate_country

FOREIGN_KEY = (
    "ALTER TABLE subscription ADD CONSTRAINT subscription_carrier_known FOREIGN KEY (carrier) REFERENCES carrier (code)"
)


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0003_date_what_is_known")]

    operations = [
        migrations.CreateModel(
            name="Carrier",
            fields=[
                (
                    "code",
                    models.CharField(
                        help_text="What subscriptions, keys and feeds name it by, such as att.",
                        max_length=10,
                        primary_key=True,
                        serialize=False,
                        validators=[RegexValidator("^[a-z][a-z0-9_-]*$", "lower-case letters and digits, such as att")],
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "country",
                    models.CharField(
                        help_text="Whose national numbers it writes without a calling code: ISO 3166, such as US.",
                        max_length=2,
                        validators=[validate_country],
                    ),
                ),
            ],
            options={
                "db_table": "carrier",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code__regex", "^[a-z][a-z0-9_-]*$")), name="carrier_code_form"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^[A-Z]{2}$")), name="carrier_country_form"
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "INSERT INTO carrier (code, name, country) VALUES ('att', 'AT&T', 'US'), ('sprint', 'Sprint', 'US')",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint("subscription", "subscription_carrier_known"),
        migrations.AlterField(
            "subscription", "carrier", models.CharField(help_text="The code of its carrier.", max_length=10)
        ),
        migrations.RunSQL(FOREIGN_KEY, "ALTER TABLE subscription DROP CONSTRAINT subscription_carrier_known"),
    ]
