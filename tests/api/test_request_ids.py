"""The id of a request: in the reply, in problem details, in the log."""

import json
import logging
import re
from typing import Any

import pytest
from django.test import Client

from tests.api.test_errors import problem
from wingtel.aggregates import queries
from wingtel.logs import logging_settings

pytestmark = pytest.mark.django_db

EXCEEDING = "/api/v1/usage/exceeding/?price_limit=1"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def formatted(record: logging.LogRecord, form: str) -> str:
    settings = logging_settings("INFO", form)["formatters"]["line"]
    return str(settings["()"](**{name: value for name, value in settings.items() if name != "()"}).format(record))


@pytest.mark.parametrize("path", [EXCEEDING, "/api/v1/nothing/", "/", "/api/v1/docs/"])
def test_each_request_gets_its_own_id(client: Client, path: str) -> None:
    ids = {client.get(path)["X-Request-Id"] for _ in range(3)}

    assert len(ids) == 3
    assert all(UUID.fullmatch(request_id) for request_id in ids)


@pytest.mark.parametrize("sent", ["a", "trace-1.2:3_4/5+6=@7", "x" * 128])
def test_a_safe_id_of_the_client_is_kept(client: Client, sent: str) -> None:
    response = client.get("/api/v1/nothing/", headers={"X-Request-Id": sent})

    assert response["X-Request-Id"] == problem(response)["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "a\nb", "<b>", "é"])
def test_an_unsafe_id_is_replaced(client: Client, sent: str) -> None:
    response = client.get("/api/v1/nothing/", headers={"X-Request-Id": sent})

    assert UUID.fullmatch(response["X-Request-Id"])


def test_an_answered_request_is_a_line_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "wingtel.api.common.request_ids"):
        client.get(EXCEEDING)

    (message,) = caplog.messages
    assert re.fullmatch(r"GET /api/v1/usage/exceeding/ 200 in \d+\.\d ms for key:\d+", message)


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_failure_is_logged_with_its_cause_under_the_request_id(
    client: Client, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("the cause")

    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatted(record, form))

    monkeypatch.setattr(queries, "exceeding", fail)
    client.raise_request_exception = False
    handler = Lines(logging.ERROR)
    logging.getLogger().addHandler(handler)
    try:
        client.get(EXCEEDING, headers={"X-Request-Id": "trace-1"})
    finally:
        logging.getLogger().removeHandler(handler)

    (line,) = lines
    assert "the cause" in line
    if form == "json":
        logged = json.loads(line)
        assert (logged["request_id"], logged["level"], logged["logger"]) == ("trace-1", "error", "django.request")
        assert logged["event"] == "Internal Server Error: /api/v1/usage/exceeding/"
    else:
        assert "request_id=trace-1" in line
