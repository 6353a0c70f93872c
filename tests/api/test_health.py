"""The health check of the server, and the metrics for Prometheus."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from wingtel.embedded import EmbeddedValkey
from wingtel.ingest.inputs import UsageRecordInput
from wingtel.ingest.service import ingest_usage
from wingtel.lifecycle.reconciliation import reconcile
from wingtel.subscriptions.models import Subscription
from wingtel.tasks import celery_tasks
from wingtel.tasks.models import TaskRun
from wingtel.usage.models import UsageType

pytestmark = pytest.mark.django_db(transaction=True)
HEALTH = "/api/v1/health/"
DAY = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _redis(request: pytest.FixtureRequest, settings: Settings) -> None:
    if "valkey" in request.fixturenames:
        settings.REDIS_URL = request.getfixturevalue("valkey").url()


def a_task_ran(ago: timedelta) -> None:
    TaskRun.objects.update_or_create(task="wingtel.merge", defaults={"succeeded_at": timezone.now() - ago})


def metrics(client: Client) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and the values of its labels."""
    text = client.get("/metrics").content.decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def use(price: str = "1.5") -> None:
    subscription = Subscription.objects.create(carrier="att").pk
    timestamp = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=UTC)
    assert ingest_usage([UsageRecordInput(UsageType.DATA, timestamp, subscription, 7, Decimal(price))]).rejected == ()


def damage() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wingtel_daily_usage SET price = price + 0.25")


def test_health_is_ok_while_redis_answers_and_tasks_run(client: Client, valkey: EmbeddedValkey) -> None:
    a_task_ran(timedelta(seconds=5))
    response = client.get(HEALTH)
    assert (response.status_code, response.json()) == (200, {"status": "ok", "redis": "ok", "background": "ok"})


def test_health_is_degraded_while_redis_is_away(client: Client, valkey: EmbeddedValkey) -> None:
    a_task_ran(timedelta(seconds=5))
    valkey.release()
    response = client.get(HEALTH)
    assert response.status_code == 200
    assert response.json() == {"status": "degraded", "redis": "unreachable", "background": "ok"}
    valkey.start()
    assert client.get(HEALTH).json()["status"] == "ok"


@pytest.mark.parametrize(("seconds", "background"), [(59, "ok"), (90, "stalled")])
def test_tasks_that_did_not_run_for_a_minute_are_stalled(client: Client, seconds: int, background: str) -> None:
    a_task_ran(timedelta(seconds=seconds))
    assert client.get(HEALTH).json()["background"] == background


def test_without_redis_and_tasks_that_is_what_health_says(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = ""
    assert client.get(HEALTH).json() == {
        "status": "degraded",
        "redis": "not configured",
        "background": "not running",
    }


def test_tasks_that_fail_run_all_the_same(client: Client) -> None:
    TaskRun.objects.create(task="wingtel.seal", failed_at=timezone.now(), error="a reason", runs=1, failures=1)
    assert client.get(HEALTH).json()["background"] == "ok"


def test_drift_is_reported_until_it_is_repaired(client: Client) -> None:
    use()
    reconcile()
    samples = metrics(client)
    assert (samples["wingtel_drift_keys",], samples["wingtel_drift_price",]) == (0, 0)
    damage()
    reconcile()
    samples = metrics(client)
    assert (samples["wingtel_drift_keys",], samples["wingtel_drift_price",]) == (
        2,
        0.25,
    )  # the day's, and the month's beside it
    assert reconcile(repair=True).repaired
    samples = metrics(client)
    assert (samples["wingtel_drift_keys",], samples["wingtel_drift_price",]) == (0, 0)


def test_a_comparison_of_other_days_hides_no_drift(client: Client) -> None:
    use()
    damage()
    reconcile(DAY, DAY)
    reconcile(DAY + timedelta(days=40), DAY + timedelta(days=41))
    assert metrics(client)["wingtel_drift_keys",] == 2


def test_the_last_comparison_is_shown_by_its_timestamp(client: Client) -> None:
    assert metrics(client)["wingtel_reconciled_timestamp_seconds",] == 0
    use()
    made = reconcile()
    assert metrics(client)["wingtel_reconciled_timestamp_seconds",] == pytest.approx(made.finished_at.timestamp())


def test_runs_of_tasks_are_shown(client: Client) -> None:
    use()
    assert celery_tasks.seal.apply().get() == ["2026-03-01"]
    samples = metrics(client)
    assert samples["wingtel_task_runs_total", "wingtel.seal"] == 1
    assert samples["wingtel_task_failures_total", "wingtel.seal"] == 0
    assert samples["wingtel_task_succeeded_timestamp_seconds", "wingtel.seal"] > 0
    assert samples["wingtel_days", "sealed"] == 1


def test_days_that_ought_to_be_sealed_are_told(client: Client) -> None:
    use()
    samples = metrics(client)
    assert (samples["wingtel_days", "open"], samples["wingtel_days_overdue",]) == (1, 1)
    damage()
    assert celery_tasks.seal.apply().get() == []
    assert metrics(client)["wingtel_days_overdue",] == 1


def test_a_database_that_is_away_is_told_as_well(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", "/nowhere")
        away.setitem(connection.settings_dict["OPTIONS"], "pool", False)
        connection.close()
        samples = metrics(client)
    connection.close()
    assert samples["wingtel_database_up",] == 0
    assert ("wingtel_drift_keys",) not in samples
