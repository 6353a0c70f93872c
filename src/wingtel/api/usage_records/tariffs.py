"""Tariff for records sent over HTTP without a price."""

import sys
from functools import cache

from django.conf import settings

from wingtel.config.environment import FAULTY_EXIT_CODE
from wingtel.imports import profiles
from wingtel.imports.errors import ProfileError
from wingtel.rating import Tariff


def http_tariff() -> Tariff | None:
    """Return the tariff of the profile in WINGTEL_TARIFF, None if that is empty.

    Raises ProfileError if the profile does not exist or has no tariff.
    """
    return _tariff(settings.WINGTEL_TARIFF) if settings.WINGTEL_TARIFF else None


def check_tariff() -> None:
    """End the process if the tariff does not exist, as for every invalid setting."""
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
