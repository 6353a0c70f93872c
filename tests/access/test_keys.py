"""Keys are created and revoked."""

from datetime import UTC, datetime
from typing import Any

import pytest

from wingtel.access import keys
from wingtel.access.keys import KeyProblemError
from wingtel.access.scopes import Scope

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": " "}, "'' is no name: give it 1 to 80 printable characters"),
        ({"name": "x" * 81}, "is no name"),
        ({"name": "a\nb"}, "is no name"),
        ({"scopes": []}, "no scope is given: choose among read, ingest, admin"),
        ({"expires_at": datetime(2026, 3, 1)}, "has no time zone"),  # noqa: DTZ001 - the case of this test
        ({"expires_at": datetime(2020, 3, 1, tzinfo=UTC)}, "is past: choose a later expiry"),
        ({"requests_per_minute": 0}, "0 requests a minute are none: give at least 1"),
    ],
)
def test_a_key_that_makes_no_sense_is_rejected(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(KeyProblemError, match=reason):
        keys.create(**{"name": "billing", "scopes": [Scope.READ]} | values)


def test_a_name_is_free_again_once_its_key_is_revoked() -> None:
    first = keys.create("billing", scopes=[Scope.READ])
    with pytest.raises(KeyProblemError, match="there is a key named 'billing' in force; revoke it first"):
        keys.create("billing", scopes=[Scope.READ])

    assert keys.revoke("billing").pk == first.key.pk
    assert keys.create("billing", scopes=[Scope.READ]).key.pk != first.key.pk


def test_a_key_is_revoked_by_its_prefix_and_only_once() -> None:
    made = keys.create("billing", scopes=[Scope.READ])

    assert keys.revoke(f"wt_{made.key.prefix}").revoked_at is not None
    with pytest.raises(KeyProblemError, match="no key in force has the name or prefix 'billing'"):
        keys.revoke("billing")


def test_no_two_keys_are_alike() -> None:
    made = [keys.create(f"key {number}", scopes=[Scope.READ]) for number in range(20)]

    assert len({key.token for key in made}) == len({key.key.prefix for key in made}) == 20
