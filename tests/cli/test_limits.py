"""`wingtel limits`, `alerts` and `webhooks`."""

import json
from typing import Any

import pytest

from tests.command import CommandFailed
from tests.command import run as run_command
from tests.limits.made import subscription, use
from wingtel.limits.models import PriceLimit
from wingtel.notifications.models import Delivery, WebhookEndpoint
from wingtel.subscriptions.models import Plan

pytestmark = pytest.mark.django_db

URL = "https://hook.example.org/alerts"


def run(*words: Any) -> str:
    return run_command(*words).strip()


def listed(*words: Any) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(run(*words))["results"]
    return results


def test_a_limit_is_set_evaluated_and_removed() -> None:
    output = run(
        "limits", "set", "--amount", "25", "--threshold", 80, "--starts", "2026-03-01", "--email", "a@example.org"
    )
    made = PriceLimit.objects.get()
    assert output == (
        f"Limit {made.pk}: 25.0000 USD for all usage of each subscription per calendar month, at 80 %, 100 %,"
        " from 2026-03-01."
    )
    one = subscription(phone_number="+12025550100", external_id="crm-1")
    use(one, "2026-03-10", "22.5")
    assert run("limits", "evaluate") == "1 evaluated; alerts: 1 opened, 0 resolved"
    (alert,) = listed("alerts", "list", "--format", "json")
    assert (alert["subscription_id"], alert["threshold_percent"], alert["price"], alert["state"]) == (
        one,
        80,
        "22.5000",
        "open",
    )
    assert listed("alerts", "list", "--format", "json", "--state", "resolved") == []
    assert listed("alerts", "list", "--format", "json", "--subscription", subscription()) == []
    assert listed("alerts", "list", "--format", "json", "--limit", made.pk, "--from", "2026-03-31") == [alert]
    assert run("alerts", "list", "--format", "csv").splitlines()[1].split(",")[:10] == [
        *(str(alert["id"]), str(made.pk), str(one), "+12025550100", "crm-1", ""),
        *("2026-03-01", "2026-03-31", "80", "20.000000"),
    ]  # fmt: skip
    assert "22.5000" in run("alerts", "list", "--format", "table")
    assert run("limits", "remove", made.pk) == f"Limit {made.pk} removed; its alerts stay."
    assert listed("limits", "list", "--format", "json") == []


@pytest.mark.parametrize("reference", ["=1+1", "@SUM(A1)", "-2+3", "+cmd"])
def test_a_text_in_csv_is_no_formula(reference: str) -> None:
    run("limits", "set", "--amount", "25", "--starts", "2026-03-01")
    use(subscription(phone_number="+12025550100", external_id=reference), "2026-03-10", "25")
    run("limits", "evaluate")
    assert run("alerts", "list", "--format", "csv").splitlines()[1].split(",")[3:5] == ["+12025550100", f"'{reference}"]


def test_a_limit_is_changed_in_what_is_given() -> None:
    plan = Plan.objects.create(name="small")
    run("limits", "set", "--amount", "25", "--plan", plan.pk, "--usage-type", "data", "--period", "cycle")
    (made,) = listed("limits", "list", "--format", "json")
    run("limits", "set", "--id", made["id"], "--amount", "30", "--name", "more")
    (changed,) = listed("limits", "list", "--format", "json")
    assert changed == made | {"amount": "30.0000", "name": "more"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["set"], "missing --amount"),
        (["set", "--amount", "1", "--plan", "999999"], "there is no plan '999999'"),
        (["set", "--amount", "1", "--email", "nobody"], "--email: "),
        (["set", "--id", "999999", "--amount", "1"], "there is no limit 999999"),
        (["remove", "999999"], "there is no limit 999999"),
    ],
)
def test_a_limit_that_cannot_be_says_why(words: list[str], message: str) -> None:
    with pytest.raises(CommandFailed) as refused:
        run("limits", *words)
    assert str(refused.value).removeprefix("wingtel: ").startswith(message)


def test_an_endpoint_is_added_rotated_disabled_and_removed() -> None:
    output = run("webhooks", "add", URL, "--description", "billing")
    endpoint = WebhookEndpoint.objects.get()
    assert output == f"Endpoint {endpoint.pk} added. Its secret, not shown again: {endpoint.secret}"
    assert endpoint.secret not in run("webhooks", "list", "--format", "csv")
    rotated = run("webhooks", "rotate", endpoint.pk)
    endpoint.refresh_from_db()
    assert endpoint.secret in rotated
    assert run("webhooks", "disable", endpoint.pk) == f"Endpoint {endpoint.pk} disabled."
    assert [endpoint_row["enabled"] for endpoint_row in listed("webhooks", "list", "--format", "json")] == [False]
    assert run("webhooks", "enable", endpoint.pk) == f"Endpoint {endpoint.pk} enabled."
    assert run("webhooks", "remove", endpoint.pk) == f"Endpoint {endpoint.pk} removed."
    assert listed("webhooks", "list", "--format", "json") == []
    with pytest.raises(CommandFailed, match="there is no endpoint"):
        run("webhooks", "remove", endpoint.pk)
    with pytest.raises(CommandFailed, match="not a public address"):
        run("webhooks", "add", "https://10.0.0.1/")


def test_what_was_given_up_is_replayed() -> None:
    run("limits", "set", "--amount", "25", "--starts", "2026-03-01", "--email", "a@example.org")
    use(subscription(), "2026-03-10", "25")
    run("limits", "evaluate")
    Delivery.objects.update(state="failed")
    assert run("webhooks", "send") == "0 delivered, 0 to be tried again, 0 given up"
    (delivery,) = listed("webhooks", "deliveries", "--format", "json", "--state", "failed")
    assert run("webhooks", "replay", "--failed") == "1 delivery is due again."
    assert run("webhooks", "send") == "1 delivered, 0 to be tried again, 0 given up"
    assert run("webhooks", "replay", delivery["id"]) == "1 delivery is due again."
    with pytest.raises(CommandFailed, match="replay what"):
        run("webhooks", "replay")
