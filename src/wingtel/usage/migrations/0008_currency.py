"""The operator's currency, fixed for good."""

from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FIX = """
CREATE FUNCTION usage_currency() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $f$ SELECT %s::text $f$
"""


def fix_currency(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the operator's currency from the settings, once."""
    editor.execute(FIX, [settings.WINGTEL_CURRENCY])


class Migration(migrations.Migration):
    dependencies = [("usage", "0007_price_default")]

    operations = [migrations.RunPython(fix_currency, migrations.RunPython.noop)]
