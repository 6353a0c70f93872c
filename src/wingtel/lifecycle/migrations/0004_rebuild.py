"""A run that computes aggregates anew is a rebuild."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lifecycle", "0003_wide_amounts")]

    operations = [
        migrations.RenameModel("Population", "RebuildRun"),
        migrations.AlterModelTable("rebuildrun", "usage_rebuild"),
    ]
