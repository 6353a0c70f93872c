"""A key gives the access it was created with, as long as it is in force."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.callers import new_token
from wingtel.access import keys, verification
from wingtel.access.models import ApiKey
from wingtel.access.scopes import Access, Scope
from wingtel.access.verification import KeyRejectedError, check
from wingtel.subscriptions.models import Carrier

pytestmark = pytest.mark.django_db


def rejection(token: str) -> str:
    with pytest.raises(KeyRejectedError) as rejected:
        check(token)
    return str(rejected.value)


def test_a_key_gives_its_access() -> None:
    made = keys.create("billing", scopes=[Scope.READ, Scope.INGEST], carrier=Carrier.SPRINT, requests_per_minute=90)

    assert check(made.token) == Access(
        caller=f"key:{made.key.pk}",
        name="billing",
        scopes=frozenset({Scope.READ, Scope.INGEST}),
        carrier=Carrier.SPRINT,
        requests_per_minute=90,
    )


def test_the_key_itself_is_kept_nowhere() -> None:
    made = keys.create("billing", scopes=[Scope.READ])
    stored = ApiKey.objects.values_list().get()

    secret = made.token.split("_")[2]
    assert len(secret) == 43
    assert not any(secret in str(value) for value in stored)


@pytest.mark.parametrize("token", ["", "x", "wt_", "wt_abcdefgh_short", "WT_abcdefgh_" + "x" * 43, "wt_é", "wt_a\0"])
def test_what_is_no_key_is_rejected_without_a_query(token: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert rejection(token) == "This is not a key: a key looks like wt_PREFIX_SECRET."


def test_a_wrong_secret_is_rejected_like_an_unknown_prefix() -> None:
    token = new_token(Scope.READ)
    other = new_token(Scope.READ)

    assert rejection(token[:12] + other[12:]) == "There is no such key."
    assert rejection("wt_zzzzzzzz_" + other[12:]) == "There is no such key."
    assert check(token)


def test_a_revoked_key_is_rejected_at_once_by_the_process_that_revoked_it() -> None:
    made = keys.create("billing", scopes=[Scope.READ])
    check(made.token)

    keys.revoke("billing")

    assert rejection(made.token).startswith("This key was revoked at ")


def test_a_key_revoked_elsewhere_is_rejected_once_it_is_read_anew(settings: Any) -> None:
    made = keys.create("billing", scopes=[Scope.READ])
    check(made.token)
    ApiKey.objects.filter(pk=made.key.pk).update(revoked_at=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))

    assert check(made.token)
    settings.WINGTEL_KEY_CACHE_SECONDS = 0
    assert rejection(made.token) == "This key was revoked at 2026-03-01 09:30 UTC."


def test_an_expired_key_is_rejected_though_it_was_just_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    expires_at = datetime(2126, 3, 1, 9, 30, tzinfo=UTC)
    made = keys.create("billing", scopes=[Scope.READ], expires_at=expires_at)
    check(made.token)

    monkeypatch.setattr(timezone, "now", lambda: expires_at)

    assert rejection(made.token) == "This key expired at 2126-03-01 09:30 UTC."


def test_a_key_in_use_is_read_once_in_a_while(django_assert_num_queries: Any) -> None:
    token = new_token(Scope.READ)

    with django_assert_num_queries(2):  # reads the key by its prefix, stores its use
        check(token)
    with django_assert_num_queries(0):
        check(token)


def test_the_last_use_is_written_once_a_minute(settings: Any, django_assert_num_queries: Any) -> None:
    settings.WINGTEL_KEY_CACHE_SECONDS = 0
    made = keys.create("billing", scopes=[Scope.READ])

    def last_used() -> datetime:
        last_used_at = ApiKey.objects.get(pk=made.key.pk).last_used_at
        assert last_used_at is not None
        return last_used_at

    check(made.token)
    first = last_used()
    with django_assert_num_queries(1):  # only the index lookup
        check(made.token)
    assert last_used() == first

    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    check(made.token)
    assert last_used() > first


def test_of_processes_that_store_a_use_at_once_one_writes() -> None:
    made = keys.create("billing", scopes=[Scope.READ])
    check(made.token)
    other_process = verification._CachedKey(made.key, made.key.access, 0, None)
    stored = ApiKey.objects.get().last_used_at

    verification._store_last_use(other_process, timezone.now())

    assert ApiKey.objects.get().last_used_at == stored
