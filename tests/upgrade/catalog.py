"""Write the committed catalog again, from a new database: `python -m tests.upgrade.catalog`."""

import os
from pathlib import Path

import django

import tests.server  # noqa: F401 - starts a server with a migrated template
from wingtel.db import catalog

PATH = Path(catalog.__file__).with_name(catalog.FILE)


def make() -> None:
    """Write the file."""
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    django.setup()
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    connection.settings_dict["NAME"] = os.environ["WINGTEL_TEST_TEMPLATE"]
    PATH.write_text(catalog.write(catalog.read(connection)), encoding="utf-8")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # only of Django's PostgreSQL wrapper


if __name__ == "__main__":
    make()
