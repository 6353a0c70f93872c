"""The limit of requests a minute, for each caller."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from redis.exceptions import RedisError

from tests.api.test_errors import problem
from tests.callers import client_of, new_token, with_key
from wingtel.access.scopes import Scope
from wingtel.api.common import throttling
from wingtel.embedded import EmbeddedValkey

pytestmark = pytest.mark.django_db

PLANS = "/api/v1/plans/"
REDIS = "django.core.cache.backends.redis.RedisCache"


@pytest.fixture(autouse=True)
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, 40 seconds into a minute that no other test uses."""
    monkeypatch.setattr(throttling, "clock", lambda: 6_000_040.25)
    monkeypatch.setattr(throttling._Outage, "until", 0.0)
    monkeypatch.setattr(throttling, "_reserved", {})


def statuses(client: Client, requests: int) -> list[int]:
    return [client.get(PLANS).status_code for _ in range(requests)]


def test_a_caller_waits_for_the_next_minute_once_its_requests_are_used_up(settings: Any) -> None:
    settings.WINGTEL_REQUESTS_PER_MINUTE = 3
    client = client_of(Scope.READ)

    assert statuses(client, 4) == [200, 200, 200, 429]
    response = client.get(PLANS)
    assert response["Retry-After"] == "20"
    assert problem(response)["type"] == "/problems/too-many-requests"


def test_the_next_minute_begins_anew(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WINGTEL_REQUESTS_PER_MINUTE = 1
    client = client_of(Scope.READ)
    assert statuses(client, 2) == [200, 429]

    monkeypatch.setattr(throttling, "clock", lambda: 6_000_060.0)

    assert statuses(client, 2) == [200, 429]


def test_callers_do_not_use_up_each_other_s_requests(settings: Any, admin_client: Client) -> None:
    settings.WINGTEL_REQUESTS_PER_MINUTE = 1

    assert [statuses(client, 2) for client in (client_of(Scope.READ), client_of(Scope.READ), admin_client)] == [
        [200, 429]
    ] * 3


def test_a_key_may_have_a_rate_of_its_own(settings: Any) -> None:
    settings.WINGTEL_REQUESTS_PER_MINUTE = 1

    assert statuses(client_of(Scope.READ, requests_per_minute=2), 3) == [200, 200, 429]


def test_no_rate_is_no_limit(settings: Any) -> None:
    settings.WINGTEL_REQUESTS_PER_MINUTE = 0

    assert set(statuses(client_of(Scope.READ), 5)) == {200}


def test_what_is_open_is_not_counted(settings: Any, nobody: Client) -> None:
    settings.WINGTEL_REQUESTS_PER_MINUTE = 1

    assert [nobody.get("/api/v1/health/").status_code for _ in range(3)] == [200] * 3


@pytest.fixture
def shared(valkey: EmbeddedValkey, settings: Any) -> Iterator[EmbeddedValkey]:
    """Configure the cache as `REDIS_URL` does."""
    settings.WINGTEL_REQUESTS_PER_MINUTE = 2
    settings.CACHES = {
        "default": {
            "BACKEND": REDIS,
            "LOCATION": valkey.url(),
            "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.25},
        }
    }
    yield valkey
    caches["default"].close()


def test_processes_count_together_in_redis(shared: EmbeddedValkey) -> None:
    client = with_key(new_token(Scope.READ))
    assert statuses(client, 3) == [200, 200, 429]
    (key,) = caches["default"]._cache.get_client().keys()  # type: ignore[attr-defined]
    assert key.startswith(b":1:wingtel:requests:key:")

    del caches["default"]  # another process has a connection of its own

    assert statuses(client, 1) == [429]


def test_a_process_takes_a_thousandth_at_a_time(
    shared: EmbeddedValkey, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "BATCHES", 3)
    settings.WINGTEL_REQUESTS_PER_MINUTE = 8
    client = client_of(Scope.READ)

    def counted() -> int:
        connection = caches["default"]._cache.get_client()  # type: ignore[attr-defined]
        return int(connection.get(connection.keys()[0]))

    assert (statuses(client, 2), counted()) == ([200] * 2, 2)
    assert (statuses(client, 1), counted()) == ([200], 4)
    throttling._reserved.clear()  # another process
    assert (statuses(client, 5), counted()) == ([200] * 4 + [429], 10)


def test_a_lost_redis_limits_nobody_and_is_asked_again_later(
    shared: EmbeddedValkey, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(Scope.READ)
    assert statuses(client, 3) == [200, 200, 429]

    shared.release()
    with caplog.at_level(logging.WARNING):
        assert statuses(client, 4) == [200] * 4
    assert len([line for line in caplog.messages if "Redis does not answer" in line]) == 1
    with pytest.raises(RedisError):
        caches["default"].incr("x")

    shared.start()
    assert statuses(client, 3) == [200] * 3  # for some seconds still
    monkeypatch.setattr(throttling._Outage, "until", 0.0)
    assert statuses(client, 3) == [200, 200, 429]
