"""Posting one message to one endpoint: no redirect followed, no proxy, bounded in time and in what is read."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from . import address_policy

SECONDS = 20.0
"""What an attempt may take from beginning to end; the specification recommends 15 to 30."""

LONGEST_RESPONSE = 64 * 1024
"""Bytes of a response that are read; the rest is not."""

LONGEST_ERROR = 500


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt. `status` is None where nobody answered, `error` empty where it was accepted (2xx)."""

    status: int | None
    error: str
    retry_after: timedelta | None = None

    @property
    def accepted(self) -> bool:
        return not self.error

    @property
    def gone(self) -> bool:
        """The endpoint wants no more (410)."""
        return self.status == httpx.codes.GONE


def client() -> httpx.Client:
    """A client that connects to permitted addresses only. It may be shared by threads."""
    return httpx.Client(transport=_Transport(), follow_redirects=False, trust_env=False, timeout=SECONDS)


def post(through: httpx.Client, url: str, headers: dict[str, str], body: bytes) -> Outcome:
    """Post `body`; every failure is an outcome."""
    try:
        address_policy.check_url(url)
        with through.stream("POST", url, content=body, headers=headers) as response:
            text = _beginning(response)
            return Outcome(response.status_code, _error(response, text), _retry_after(response))
    except address_policy.RefusedAddressError as error:
        return Outcome(None, str(error)[:LONGEST_ERROR])
    except httpx.TimeoutException:
        return Outcome(None, f"no answer within {SECONDS:g} seconds")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Outcome(None, f"{type(error).__name__}: {error}"[:LONGEST_ERROR])


def _beginning(response: httpx.Response) -> bytes:
    """What is read of a response, as it came: it is not unpacked, which could make it large."""
    read = b""
    for part in response.iter_raw():
        read += part
        if len(read) >= LONGEST_RESPONSE:
            break
    return read[:LONGEST_RESPONSE]


def _error(response: httpx.Response, text: bytes) -> str:
    if response.is_success:
        return ""
    said = text.decode(errors="replace").replace("\0", "").strip()
    return f"answered {response.status_code}: {said}"[:LONGEST_ERROR].removesuffix(": ")


def _retry_after(response: httpx.Response) -> timedelta | None:
    """How long the endpoint asks to wait, in seconds or until a moment."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 10**6))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), moment.astimezone(UTC) - datetime.now(UTC))


class _Stream(httpcore.NetworkStream):
    """A connection that ends when its time is over, however slowly the other side goes on sending."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self._left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self._left(httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(httpcore.ConnectTimeout)
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, left), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)

    def _left(self, error: type[Exception]) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise error("its time is over")
        return left


class _Backend(httpcore.SyncBackend):
    """Connects to an address that was checked, not to what the name resolves to the next time."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        deadline = time.monotonic() + SECONDS
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        try:
            found = address_policy.resolve(host, port)
        except address_policy.RefusedAddressError:
            raise
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host}: {error}") from error
        for address in found:
            left = max(0.001, deadline - time.monotonic())
            try:
                return _Stream(super().connect_tcp(address, port, left, local_address, socket_options), deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class _Transport(httpx.HTTPTransport):
    """httpx's own, on connections of ours; each is used once."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            network_backend=_Backend(),
            max_connections=None,
            max_keepalive_connections=0,
        )
