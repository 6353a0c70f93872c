"""Webhook messages, and the HTTP client that posts one of them to one endpoint.

Messages are signed as the Standard Webhooks specification says (https://www.standardwebhooks.com). An event is sent
under the same `webhook-id` to every endpoint, at every attempt and replay: the receiver recognises a repeated event.

The client follows no redirect, uses no proxy, and limits the time and the bytes that it reads.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Any

import httpcore
import httpx
import msgspec
from standardwebhooks import Webhook

from wingtel import __version__

from . import address_policy
from .models import Delivery
from .serialization import event_answer

TIMEOUT_SECONDS = 20.0
"""Time limit of an attempt from beginning to end; the specification recommends 15 to 30."""

MAX_RESPONSE_BYTES = 64 * 1024
"""Bytes of a response that are read; the rest is not."""

MAX_ERROR_LENGTH = 500


@dataclass(frozen=True)
class Outcome:
    """Outcome of an attempt: `status` is None without an answer, `error` empty if it was accepted (2xx)."""

    status: int | None
    error: str
    retry_after: timedelta | None = None

    @property
    def accepted(self) -> bool:
        return not self.error

    @property
    def gone(self) -> bool:
        """True if the endpoint wants no more messages (410)."""
        return self.status == httpx.codes.GONE


def client() -> httpx.Client:
    """Return a client that connects to permitted addresses only. Threads may share it."""
    return httpx.Client(transport=_Transport(), follow_redirects=False, trust_env=False, timeout=TIMEOUT_SECONDS)


def post(http: httpx.Client, url: str, headers: dict[str, str], body: bytes) -> Outcome:
    """Post `body`; every failure is an outcome."""
    try:
        address_policy.check_url(url)
        with http.stream("POST", url, content=body, headers=headers) as response:
            text = _read_start(response)
            return Outcome(response.status_code, _error(response, text), _retry_after(response))
    except address_policy.RejectedAddressError as error:
        return Outcome(None, str(error)[:MAX_ERROR_LENGTH])
    except httpx.TimeoutException:
        return Outcome(None, f"no answer within {TIMEOUT_SECONDS:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH])


def _read_start(response: httpx.Response) -> bytes:
    """Return the first bytes of a response, as they came.

    They are not decompressed, which could make them many.
    """
    read = b""
    for chunk in response.iter_raw():
        read += chunk
        if len(read) >= MAX_RESPONSE_BYTES:
            break
    return read[:MAX_RESPONSE_BYTES]


def _error(response: httpx.Response, text: bytes) -> str:
    if response.is_success:
        return ""
    answer = text.decode(errors="replace").replace("\0", "").strip()
    return f"answered {response.status_code}: {answer}"[:MAX_ERROR_LENGTH].removesuffix(": ")


def _retry_after(response: httpx.Response) -> timedelta | None:
    """Return the delay that the endpoint requests, in seconds or until a timestamp."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 10**6))
    try:
        timestamp = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), timestamp.astimezone(UTC) - datetime.now(UTC))


class _Stream(httpcore.NetworkStream):
    """A connection that ends at its deadline, even if the other side goes on sending slowly."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self._remaining(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self._remaining(httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        remaining = self._remaining(httpcore.ConnectTimeout)
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, remaining), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)

    def _remaining(self, error: type[Exception]) -> float:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise error("its time is over")
        return remaining


class _Backend(httpcore.SyncBackend):
    """A backend that connects to a checked address, not to what the name resolves to the next time."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        last_error: Exception = httpcore.ConnectError(f"{host} has no address")
        try:
            addresses = address_policy.resolve(host, port)
        except address_policy.RejectedAddressError:
            raise
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host}: {error}") from error
        for address in addresses:
            remaining = max(0.001, deadline - time.monotonic())
            try:
                return _Stream(super().connect_tcp(address, port, remaining, local_address, socket_options), deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last_error = error
        raise last_error


class _Transport(httpx.HTTPTransport):
    """Transport of httpx, on connections of `_Backend`; each is used once."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            network_backend=_Backend(),
            max_connections=None,
            max_keepalive_connections=0,
        )


def webhook_id(delivery: Delivery) -> str:
    """Return an id that all deliveries of one event share, and no other event has."""
    return f"msg_{delivery.alert_id}_{delivery.event.removeprefix('alert.')}"


def sign(delivery: Delivery, secrets: list[str], now: datetime) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of an attempt at `now` (UTC), with a signature by each secret."""
    body = msgspec.json.encode(event_answer(delivery))
    message_id = webhook_id(delivery)
    signatures = [Webhook(secret).sign(message_id, now, body.decode()) for secret in secrets]
    headers = {
        "content-type": "application/json",
        "user-agent": f"Wingtel/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return headers, body
