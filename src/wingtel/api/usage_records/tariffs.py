"""The tariff of records that come over HTTP without a price."""

import sys
from functools import cache

from django.conf import settings

from wingtel.config.environment import FAULTY_EXIT_CODE
from wingtel.imports import profiles
from wingtel.imports.errors import ProfileError
from wingtel.rating import Tariff


def http_tariff() -> Tariff | None:
    """Return the tariff of the profile that WINGTEL_TARIFF names, None where it names none.

    Raises ProfileError when there is no such profile, or it has no tariff.
    """
    return _tariff(settings.WINGTEL_TARIFF) if settings.WINGTEL_TARIFF else None


def check_tariff() -> None:
    """End the process, as with any other setting that is wrong, when there is no such tariff."""
    try:
        http_tariff()
    except ProfileError as error:
        sys.stderr.write(f"WINGTEL_TARIFF: {error}\n")
        sys.exit(FAULTY_EXIT_CODE)


@cache
def _tariff(profile: str) -> Tariff:
    tariff = profiles.find(profile).tariff
    if tariff is None:
        raise ProfileError(f"{profile}: the profile reads prices from the file and has no tariff")
    return tariff
