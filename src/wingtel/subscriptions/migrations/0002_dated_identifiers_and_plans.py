"""Dated identifiers and plans, the times of rows, and who purchases."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Now

from wingtel import sql


def dated(
    name: str, table: str, related_name: str, *fields: tuple[str, models.Field[Any, Any]]
) -> migrations.CreateModel:
    """A table of what applies to a subscription from `valid_from` until before `valid_to`."""
    subscription = models.ForeignKey(
        db_constraint=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to="subscriptions.subscription",
    )
    until = "Not included. Null: until further notice."
    return migrations.CreateModel(
        name=name,
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("subscription", subscription),
            *fields,
            ("valid_from", models.DateTimeField(blank=True, help_text="Null: from the beginning.", null=True)),
            ("valid_to", models.DateTimeField(blank=True, help_text=until, null=True)),
            ("created_at", models.DateTimeField(db_default=Now(), editable=False)),
        ],
        options={"db_table": table, "ordering": ["id"]},
    )


def text(length: int, *, name: str | None = None, help_text: str = "") -> models.CharField[str, str]:
    """A column that shows a current identifier."""
    return models.CharField(
        blank=True, db_default="", default="", help_text=help_text, max_length=length, verbose_name=name
    )


TIMES = [
    migrations.AddField(model, name, models.DateTimeField(db_default=Now(), editable=False))
    for model in ("plan", "subscription", "purchase")
    for name in ("created_at", "updated_at")
]
PURCHASES = [
    migrations.AddField(
        "purchase",
        "user",
        models.ForeignKey(
            blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
        ),
    ),
    migrations.AlterField(
        "purchase",
        "subscription",
        models.ForeignKey(
            blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to="subscriptions.subscription"
        ),
    ),
    migrations.AddConstraint(
        "purchase",
        models.CheckConstraint(
            condition=Q(("user__isnull", False), ("subscription__isnull", False), _connector="OR"),
            name="purchase_of_somebody",
        ),
    ),
]
KINDS = [
    ("msisdn", "Phone number"),
    ("imsi", "IMSI"),
    ("iccid", "ICCID"),
    ("device_id", "Device id"),
    ("external_id", "External id"),
]
FORM = Q(
    Q(("kind", "msisdn"), ("value__regex", r"^\+[0-9]{1,15}$")),
    Q(("kind", "imsi"), ("value__regex", r"^[0-9]{6,15}$")),
    Q(("kind", "iccid"), ("value__regex", r"^[0-9]{18,22}$")),
    Q(("kind", "device_id"), ("value__regex", r"^\S(.{0,38}\S)?$")),
    Q(("kind", "external_id"), ("value__regex", r"^\S(.{0,98}\S)?$")),
    _connector="OR",
)


ENDS = [
    migrations.AddIndex(
        model, models.Index(condition=Q(("valid_to__isnull", False)), fields=["valid_to"], name=f"{table}_end")
    )
    for model, table in (
        ("subscriptionidentifier", "subscription_identifier"),
        ("subscriptionplan", "subscription_plan"),
    )
]


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("subscriptions", "0001_initial"),
    ]

    operations = [
        *TIMES,
        *PURCHASES,
        migrations.AddField("subscription", "imsi", text(15, name="IMSI")),
        migrations.AddField("subscription", "iccid", text(22, name="ICCID")),
        migrations.AddField("subscription", "external_id", text(100, help_text="The reference of another system.")),
        dated(
            "SubscriptionIdentifier",
            "subscription_identifier",
            "identifiers",
            ("kind", models.TextField(choices=KINDS, db_collation="C")),
            ("value", models.TextField(db_collation="C", help_text="In normal form, such as +12025550100.")),
        ),
        migrations.AddIndex(
            "subscriptionidentifier",
            models.Index(fields=["kind", "value", "valid_from"], name="subscription_identifier_value"),
        ),
        migrations.AddConstraint(
            "subscriptionidentifier", models.CheckConstraint(condition=FORM, name="subscription_identifier_form")
        ),
        migrations.AddConstraint(
            "subscriptionidentifier",
            models.CheckConstraint(
                condition=Q(("valid_from__lt", models.F("valid_to"))), name="subscription_identifier_period"
            ),
        ),
        dated(
            "SubscriptionPlan",
            "subscription_plan",
            "plans",
            (
                "plan",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="subscriptions.plan"
                ),
            ),
        ),
        migrations.AddConstraint(
            "subscriptionplan",
            models.CheckConstraint(
                condition=Q(("valid_from__lt", models.F("valid_to"))), name="subscription_plan_period"
            ),
        ),
        *ENDS,
        migrations.RunSQL(sql.script("wingtel.subscriptions", "sql/constraints.sql"), migrations.RunSQL.noop),
    ]
