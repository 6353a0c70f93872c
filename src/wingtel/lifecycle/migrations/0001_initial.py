from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("strategy", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("keys", models.BigIntegerField(help_text="Daily keys compared.")),
                ("drift_keys", models.BigIntegerField(help_text="Keys that differ, of days, months and totals.")),
                ("drift_price", models.DecimalField(decimal_places=4, max_digits=30)),
                ("repaired", models.BooleanField(default=False)),
                ("differences", models.JSONField(default=list)),
            ],
            options={
                "db_table": "usage_reconciliation",
                "ordering": ["-pk"],
            },
        ),
    ]
