"""A typed client generated from the schema gets both answers from a running server."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from tests.api.records import data, voice
from tests.callers import new_token
from wingtel.access.scopes import Scope

pytestmark = pytest.mark.django_db(transaction=True)

PACKAGE = "wingtel_client"
JSON = "application/vnd.oai.openapi+json"


@pytest.fixture
def package(tmp_path: Path, nobody: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Generate the client's package, where Python finds it."""
    document = tmp_path / "schema.json"
    document.write_bytes(nobody.get("/api/v1/schema/", headers={"accept": JSON}).content)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"post_hooks": [], "package_name_override": PACKAGE}))
    made = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"),
            *("--path", str(document), "--config", str(config), "--output-path", str(tmp_path / PACKAGE)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    output = made.stdout + made.stderr
    assert made.returncode == 0, output
    # It sends records as JSON, not as lines.
    assert (output.count("WARNING"), output.count("Unsupported content type application/x-ndjson")) == (1, 1), output
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


def module(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def api(package: None, live_server: LiveServer) -> Iterator[Any]:
    """Yield the client, with a key."""
    with module("client").AuthenticatedClient(base_url=live_server.url, token=new_token(Scope.READ)) as client:
        yield client


def test_it_gets_both_answers(api: Any) -> None:
    data(7, "2026-06-03", "31.2000", kilobytes=123456)
    voice(7, "2026-06-04", "1.5000", seconds=340)

    exceeding = module("api.usage.usage_exceeding").sync(client=api, price_limit="25.00")
    assert (exceeding.price_limit, exceeding.currency) == ("25.00", "USD")
    (found,) = exceeding.results
    assert (found.subscription_id, [(limit.usage_type.value, limit.exceeded_by) for limit in found.exceeded]) == (
        7,
        [("data", "6.2000")],
    )

    metrics = module("api.usage.usage_metrics").sync(client=api, from_=date(2026, 6, 1), to=date(2026, 6, 30))
    assert metrics.currency == "USD"
    assert [
        (metric.usage_type.value, metric.unit.value, metric.total_usage, metric.total_price, metric.records)
        for metric in metrics.results
    ] == [("data", "kilobytes", 123456, "31.2000", 1), ("voice", "seconds", 340, "1.5000", 1)]


def test_it_gets_problems_as_they_are_described(api: Any) -> None:
    problem = module("api.usage.usage_exceeding").sync(client=api, price_limit="x")

    assert (type(problem).__name__, problem.status, problem.errors[0].parameter) == ("Problem", 400, "price_limit")
