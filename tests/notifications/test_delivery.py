"""Alerts are signed, sent, retried, failed and replayed: by webhook to a real server, and by e-mail."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from tests.conformance.at_once import in_threads
from tests.limits.made import alerts, limit, subscription, use
from tests.limits.receiver import Receiver, receiving
from wingtel.limits.evaluation import evaluate
from wingtel.limits.models import Alert
from wingtel.notifications import delivery, webhook_client
from wingtel.notifications.delivery import SCHEDULE, Sent, deliver_due, replay
from wingtel.notifications.endpoints import add_endpoint, change_endpoint, remove_endpoint, rotate_secret
from wingtel.notifications.models import Delivery, WebhookEndpoint
from wingtel.usage.models import DataUsageRecord

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as server:
        yield server


@pytest.fixture
def endpoint(receiver: Receiver) -> WebhookEndpoint:
    return add_endpoint(receiver.url)


def reach(price: str = "25", record_id: str = "", **values: Any) -> int:
    """Create one more subscription that reaches its limit, if there is one."""
    one = subscription(**values)
    use(one, "2026-03-10", price, record_id=record_id)
    return one


def make_due() -> None:
    """Make waiting deliveries due, as if time had passed."""
    Delivery.objects.filter(state="due").update(due_at=timezone.now())


def test_an_alert_is_posted_and_signed(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    made = limit("25", name="March")
    one = reach("26.5", phone_number="+12025550100", external_id="crm-1")
    evaluate()
    assert deliver_due() == Sent(delivered=1)
    (post,) = receiver.posts
    alert = Alert.objects.get()
    body = Webhook(endpoint.secret).verify(post.body, post.headers)
    assert body == {
        "type": "alert.opened",
        "timestamp": body["timestamp"],
        "data": {
            "id": alert.pk,
            "limit_id": made.pk,
            "subscription_id": one,
            "phone_number": "+12025550100",
            "external_id": "crm-1",
            "usage_type": None,
            "period": "month",
            "first": "2026-03-01",
            "last": "2026-03-31",
            "threshold_percent": 100,
            "threshold_amount": "25.000000",
            "price": "26.5000",
            "currency": "USD",
            "state": "open",
            "opened_at": body["timestamp"],
            "resolved_at": None,
            "resolved_price": None,
            "limit": "March",
        },
    }
    assert (post.path, post.headers["content-type"]) == ("/hook", "application/json")
    assert post.headers["webhook-id"] == f"msg_{alert.pk}_opened"
    assert post.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert deliver_due() == Sent()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.response_status, delivery.error) == ("delivered", 1, 204, "")


def test_the_signature_is_no_other_secrets_and_of_no_other_body(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    deliver_due()
    (post,) = receiver.posts
    with pytest.raises(WebhookVerificationError):
        Webhook(add_endpoint(receiver.url).secret).verify(post.body, post.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(post.body + b" ", post.headers)


def test_a_resolution_is_posted_as_another_event(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach(record_id="a")
    evaluate()
    DataUsageRecord.objects.filter(record_id="a").delete()
    evaluate()
    assert deliver_due() == Sent(delivered=2)
    opened, resolved = sorted(
        (json.loads(post.body) for post in receiver.posts), key=lambda body: body["type"], reverse=True
    )
    opened, resolved = (resolved, opened) if opened["type"] == "alert.resolved" else (opened, resolved)
    assert (opened["data"]["state"], opened["data"]["resolved_at"]) == ("open", None)
    assert (resolved["data"]["state"], resolved["data"]["resolved_price"]) == ("resolved", "0.0000")
    assert resolved["timestamp"] == resolved["data"]["resolved_at"]
    assert len({post.headers["webhook-id"] for post in receiver.posts}) == 2


def test_deliveries_are_written_with_the_alert_or_not_at_all(endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    with transaction.atomic():
        evaluate()
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()
    assert alerts() == []


def test_every_endpoint_that_is_enabled_is_told(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    other, silent = add_endpoint(receiver.url + "/other"), add_endpoint(receiver.url + "/silent")
    change_endpoint(silent.pk, enabled=False)
    limit()
    reach()
    evaluate()
    assert set(Delivery.objects.values_list("endpoint", flat=True)) == {endpoint.pk, other.pk}
    change_endpoint(other.pk, enabled=False)
    assert deliver_due() == Sent(delivered=1)
    change_endpoint(other.pk, enabled=True)
    assert deliver_due() == Sent(delivered=1)
    assert [post.path for post in receiver.posts] == ["/hook", "/hook/other"]


def test_after_a_rotation_both_secrets_sign_for_a_day(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    old = endpoint.secret
    rotated = rotate_secret(endpoint.pk)
    limit()
    reach()
    evaluate()
    deliver_due()
    for secret in (old, rotated.secret):
        Webhook(secret).verify(receiver.posts[0].body, receiver.posts[0].headers)
    WebhookEndpoint.objects.update(previous_until=timezone.now())
    replay(Delivery.objects.all())
    deliver_due()
    Webhook(rotated.secret).verify(receiver.posts[1].body, receiver.posts[1].headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(receiver.posts[1].body, receiver.posts[1].headers)


def test_what_fails_is_tried_on_the_schedule_and_then_given_up(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    receiver.answer(500, b"out of order")
    for attempt, wait in enumerate(SCHEDULE, 1):
        before = timezone.now()
        assert deliver_due() == Sent(retrying=1)
        delivery = Delivery.objects.get()
        assert (delivery.state, delivery.attempts, delivery.response_status) == ("due", attempt, 500)
        assert delivery.error == "answered 500: out of order"
        assert wait <= delivery.due_at - before <= wait * 1.1 + timedelta(seconds=30)
        assert deliver_due() == Sent()
        make_due()
    assert deliver_due() == Sent(failed=1)
    assert Delivery.objects.get().state == "failed"
    make_due()
    assert deliver_due() == Sent()
    assert len(receiver.posts) == 10
    assert len({post.headers["webhook-id"] for post in receiver.posts}) == 1


def test_what_was_given_up_is_replayed_as_the_same_message(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    receiver.answer(503)
    Delivery.objects.update(attempts=len(SCHEDULE))
    assert deliver_due() == Sent(failed=1)
    receiver.answer(200)
    assert replay(Delivery.objects.filter(state="failed")) == 1
    assert deliver_due() == Sent(delivered=1)
    first, second = receiver.posts
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


@pytest.mark.parametrize(("status", "error"), [(301, "301"), (404, "404"), (500, "500")])
def test_only_2xx_is_success_and_no_redirect_is_followed(
    receiver: Receiver, endpoint: WebhookEndpoint, status: int, error: str
) -> None:
    limit()
    reach()
    evaluate()
    receiver.answer(status, location=receiver.url + "/elsewhere")
    assert deliver_due() == Sent(retrying=1)
    assert Delivery.objects.get().error == f"answered {error}"
    assert [post.path for post in receiver.posts] == ["/hook"]


def test_410_disables_the_endpoint(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    receiver.answer(410)
    assert deliver_due() == Sent(retrying=1)
    endpoint.refresh_from_db()
    assert not endpoint.enabled
    assert endpoint.disabled_because.startswith("it answered 410 (gone) at ")
    make_due()
    assert deliver_due() == Sent()


def test_an_endpoint_may_ask_for_more_time(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    receiver.answer(429, retry_after="3600")
    before = timezone.now()
    deliver_due()
    assert timedelta(hours=1) <= Delivery.objects.get().due_at - before < timedelta(hours=1, minutes=1)


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    receiver.answer(500, b"x" * 5_000_000)
    assert deliver_due() == Sent(retrying=1)
    assert len(Delivery.objects.get().error) == webhook_client.MAX_ERROR_LENGTH


def test_nobody_answering_is_a_failure_that_says_so(receiver: Receiver) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        add_endpoint(f"http://127.0.0.1:{unused.getsockname()[1]}/")
        limit()
        reach()
        evaluate()
        assert deliver_due() == Sent(retrying=1)
    assert "refused" in Delivery.objects.get().error


def test_an_endpoint_that_keeps_sending_slowly_is_given_up_in_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_client, "TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        add_endpoint(f"http://127.0.0.1:{server.getsockname()[1]}/")
        stop = threading.Event()
        thread = threading.Thread(target=_drip, args=(server, stop))
        thread.start()
        limit()
        reach()
        evaluate()
        assert deliver_due() == Sent(retrying=1)
        stop.set()
        thread.join()
    assert Delivery.objects.get().error == "no answer within 0.3 seconds"


def _drip(server: socket.socket, stop: threading.Event) -> None:
    """Begin an answer, and send a byte of a header now and then."""
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        while not stop.wait(0.02):
            try:
                connection.sendall(b"y")
            except OSError:
                return


def test_several_processes_send_each_delivery_once(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    for _ in range(60):
        reach()
    evaluate()
    sent = in_threads(*[lambda: deliver_due().delivered] * 4)
    assert sum(sent) == 60
    assert len({post.headers["webhook-id"] for post in receiver.posts}) == len(receiver.posts) == 60


def test_what_a_killed_process_had_claimed_is_sent_by_another(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    assert len(delivery._claim(10)) == 1
    assert deliver_due() == Sent()
    make_due()
    assert deliver_due() == Sent(delivered=1)
    assert Delivery.objects.get().attempts == 2


def test_a_removed_endpoint_takes_its_deliveries_along(receiver: Receiver, endpoint: WebhookEndpoint) -> None:
    limit()
    reach()
    evaluate()
    remove_endpoint(endpoint.pk)
    assert deliver_due() == Sent()
    assert not Delivery.objects.exists()


def test_alerts_are_mailed_to_those_of_the_limit_and_of_the_setting(settings: Any) -> None:
    settings.WINGTEL_ALERT_EMAILS = ["all@example.org", "ada@example.org"]
    limit("25", name="roaming", emails=["ada@example.org"], thresholds=[80])
    one = reach("22", record_id="a", phone_number="+12025550100", external_id="crm-1")
    evaluate()
    assert deliver_due() == Sent(delivered=2)
    assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.org", "all@example.org"]
    assert mail.outbox[0].subject == (
        f"Wingtel: subscription {one} (+12025550100, crm-1) reached 80 % of roaming (25.0000 USD, all usage)"
        " with 22.0000 USD, 2026-03-01 to 2026-03-31"
    )
    mail.outbox.clear()
    DataUsageRecord.objects.filter(record_id="a").delete()
    evaluate()
    deliver_due()
    assert mail.outbox[0].body == (
        f"subscription {one} (+12025550100, crm-1) is below 80 % of roaming (25.0000 USD, all usage) again,"
        " with 0.0000 USD, 2026-03-01 to 2026-03-31\n"
    )


def test_many_alerts_are_one_mail(settings: Any) -> None:
    limit("25", emails=["ada@example.org"])
    for _ in range(3):
        reach()
    evaluate()
    assert deliver_due() == Sent(delivered=3)
    (message,) = mail.outbox
    assert message.subject == "Wingtel: 3 price limit alerts"
    assert len(message.body.splitlines()) == 3


def test_a_mail_that_fails_is_tried_again(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = unused.getsockname()[1]
        limit("25", emails=["ada@example.org"])
        reach()
        evaluate()
        assert deliver_due() == Sent(retrying=1)
    assert "refused" in Delivery.objects.get().error
