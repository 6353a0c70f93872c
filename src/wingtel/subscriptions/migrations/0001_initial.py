"""Carriers, plans, subscriptions with their dated identifiers and plans, and purchases."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import wingtel.subscriptions.identifiers
from wingtel import sql


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal(0),
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                    ),
                ),
                (
                    "data_available",
                    models.BigIntegerField(
                        default=0,
                        help_text="Data included per month, in kilobytes.",
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_plan",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Carrier",
            fields=[
                (
                    "code",
                    models.CharField(
                        help_text="The code in subscriptions, keys and feeds, such as att.",
                        max_length=10,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_-]*$", "lower-case letters and digits, such as att"
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "country",
                    models.CharField(
                        help_text="The country of its national numbers: ISO 3166, such as US.",
                        max_length=2,
                        validators=[wingtel.subscriptions.identifiers.validate_country],
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_carrier",
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
        migrations.CreateModel(
            name="Subscription",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("carrier", models.CharField(help_text="The code of its carrier.", max_length=10)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("active", "Active"),
                            ("suspended", "Suspended"),
                            ("expired", "Expired"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("device_id", models.CharField(blank=True, db_index=True, max_length=40)),
                ("phone_number", models.CharField(blank=True, db_index=True, max_length=20)),
                ("imsi", models.CharField(blank=True, db_default="", default="", max_length=15, verbose_name="IMSI")),
                ("iccid", models.CharField(blank=True, db_default="", default="", max_length=22, verbose_name="ICCID")),
                (
                    "external_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The reference of another system.",
                        max_length=100,
                    ),
                ),
                ("phone_model", models.CharField(blank=True, max_length=128)),
                ("network_type", models.CharField(blank=True, help_text="AT&T only, such as 5G.", max_length=5)),
                (
                    "sprint_id",
                    models.CharField(blank=True, help_text="Sprint's own reference; Sprint only.", max_length=40),
                ),
                ("effective_date", models.DateTimeField(blank=True, null=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="wingtel_subscriptions.plan",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_subscription",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Purchase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("overdue", "Past due"),
                            ("complete", "Complete"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=4,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal(0))],
                    ),
                ),
                ("payment_date", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="wingtel_subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_purchase",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("user__isnull", False), ("subscription__isnull", False), _connector="OR"),
                        name="purchase_of_somebody",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SubscriptionIdentifier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(blank=True, help_text="Null: from the beginning.", null=True)),
                (
                    "valid_to",
                    models.DateTimeField(blank=True, help_text="Not included. Null: until further notice.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "kind",
                    models.TextField(
                        choices=[
                            ("msisdn", "Phone number"),
                            ("imsi", "IMSI"),
                            ("iccid", "ICCID"),
                            ("device_id", "Device id"),
                            ("external_id", "External id"),
                        ],
                        db_collation="C",
                    ),
                ),
                ("value", models.TextField(db_collation="C", help_text="In normal form, such as +12025550100.")),
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identifiers",
                        to="wingtel_subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_subscription_identifier",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["kind", "value", "valid_from"], name="subscription_identifier_value"),
                    models.Index(
                        condition=models.Q(("valid_to__isnull", False)),
                        fields=["valid_to"],
                        name="subscription_identifier_end",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "msisdn"), ("value__regex", "^\\+[0-9]{1,15}$")),
                            models.Q(("kind", "imsi"), ("value__regex", "^[0-9]{6,15}$")),
                            models.Q(("kind", "iccid"), ("value__regex", "^[0-9]{18,22}$")),
                            models.Q(("kind", "device_id"), ("value__regex", "^\\S(.{0,38}\\S)?$")),
                            models.Q(("kind", "external_id"), ("value__regex", "^\\S(.{0,98}\\S)?$")),
                            _connector="OR",
                        ),
                        name="subscription_identifier_form",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))),
                        name="subscription_identifier_period",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubscriptionPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("valid_from", models.DateTimeField(blank=True, help_text="Null: from the beginning.", null=True)),
                (
                    "valid_to",
                    models.DateTimeField(blank=True, help_text="Not included. Null: until further notice.", null=True),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="wingtel_subscriptions.plan"
                    ),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plans",
                        to="wingtel_subscriptions.subscription",
                    ),
                ),
            ],
            options={
                "db_table": "wingtel_subscription_plan",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("valid_to__isnull", False)),
                        fields=["valid_to"],
                        name="subscription_plan_end",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))), name="subscription_plan_period"
                    )
                ],
            },
        ),
        migrations.RunSQL(sql.script(__package__, "0001_initial.sql"), migrations.RunSQL.noop),
    ]
