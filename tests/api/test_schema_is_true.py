"""The running server answers requests generated from the schema as the schema says: all checks of schemathesis."""

import json
import os
import subprocess
import sysconfig
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.servers.basehttp import WSGIRequestHandler
from pytest_django.live_server_helper import LiveServer

from tests.callers import new_token
from tests.rounds import IS_THOROUGH, rounds
from wingtel.access.scopes import Scope
from wingtel.subscriptions.models import Carrier, Plan, Purchase, Subscription

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
SCHEMATHESIS = Path(sysconfig.get_path("scripts")) / "schemathesis"
EXAMPLES = rounds(5, thorough=50)
PHASES = {
    "with a key": "examples,coverage,fuzzing,stateful" if IS_THOROUGH else "examples,fuzzing",
    "without": "examples,coverage" if IS_THOROUGH else "examples",
}
CONFIGURATION = """
# A schema cannot say which subscriptions exist: with atomic=true, an unknown one rejects all records (422). Too many
# records have their own status (413). An invalid record is reported in the reply (200). Schemathesis expects the other
# statuses anyway.
[[operations]]
include-name = "POST /api/v1/usage/records/"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "422"]
checks.negative_data_rejection.expected-statuses = ["200", "400", "401", "404", "405", "413", "415", "422"]
"""


@pytest.fixture
def stored(transactional_db: None) -> dict[str, int]:
    """Create the rows that a request may refer to. Return their ids."""
    plan = Plan.objects.create(name="Basic")
    owner = User.objects.create(username="owner")
    subscription = Subscription.objects.create(
        pk=70_000_000_007,  # no request deletes it by chance
        carrier=Carrier.ATT,
        plan=plan,
        owner=owner,
        phone_number="+15550100",
    )
    Purchase.objects.create(subscription=subscription, amount=1)
    return {"plan": plan.pk, "owner": owner.pk, "subscription": subscription.pk}


@pytest.fixture(autouse=True)
def _answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable Nagle's algorithm. The test server sends head and body apart, and the body would wait for 40 ms."""
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)


@pytest.mark.parametrize("key", PHASES)
def test_every_operation_is_as_the_schema_says(
    live_server: LiveServer, stored: dict[str, int], tmp_path: Path, key: str
) -> None:
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    header = ("--header", f"Authorization: Bearer {new_token(Scope.ADMIN)}") if key == "with a key" else ()
    run = subprocess.run(
        [
            *(SCHEMATHESIS, "--config-file", configuration, "run", f"{live_server.url}/api/v1/schema/", *header),
            *(
                "--phases",
                PHASES[key],
                "--max-examples",
                str(EXAMPLES),
                "--continue-on-failure",
                "--no-color",
                "--seed",
                "6",
            ),
            *("--generation-database", "none", "--warnings", "off"),
        ],
        cwd=tmp_path,
        env=os.environ
        | {
            "SCHEMATHESIS_HOOKS": "tests.api.beyond_the_schema",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
            "WINGTEL_TEST_THERE": json.dumps(stored),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
