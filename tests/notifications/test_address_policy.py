"""Webhooks do not go into the operator's own network, whatever a name resolves to."""

import socket
from typing import Any

import pytest

from tests.limits.receiver import receiving
from wingtel.notifications import address_policy, webhook_client
from wingtel.notifications.address_policy import RejectedAddressError, check_url, is_public, resolve


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"),
        *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    ],
)
def test_an_address_that_is_not_of_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_a_public_address_is_taken(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/", "begins with none of https://"),
        ("ftp://example.org/", "begins with none of https://"),
        ("https:///hook", "names no host"),
        ("https://user:secret@example.org/", "has credentials in it"),
        ("https://example.org:99999/", "is not a URL"),
        ("https://127.0.0.1/", "127.0.0.1 is 127.0.0.1, not a public address"),
        ("https://[::1]/", "not a public address"),
        ("https://[::ffff:10.0.0.1]/", "not a public address"),
    ],
)
def test_a_url_that_nothing_is_sent_to_is_refused(url: str, reason: str) -> None:
    with pytest.raises(RejectedAddressError) as rejected:
        check_url(url)
    assert reason in str(rejected.value)


def resolver(*addresses: list[str]) -> Any:
    """Return a resolver that gives other addresses for a name each time.

    An address resolves to itself.
    """
    answers = list(addresses)

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        addresses = [host] if host[0].isdigit() else answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return getaddrinfo


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::1"]])
def test_a_name_is_refused_when_any_of_its_addresses_is_private(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver(addresses))
    with pytest.raises(RejectedAddressError, match="WINGTEL_WEBHOOK_ALLOW_PRIVATE"):
        resolve("hook.example.org", 443)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://localhost/"])
def test_an_address_in_disguise_is_refused_when_it_is_sent_to(url: str) -> None:
    with webhook_client.client() as client:
        outcome = webhook_client.post(client, url, {}, b"{}")
    assert outcome.status is None
    assert "not a public address" in outcome.error


def test_what_was_checked_is_connected_to_whatever_the_name_says_next(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    with receiving() as intended, receiving() as inner:
        settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE = True
        monkeypatch.setattr(socket, "getaddrinfo", resolver(["127.0.0.1"], ["127.0.0.2"]))
        checked: list[str] = []
        monkeypatch.setattr(address_policy, "_check", lambda host, addresses: checked.extend(addresses))
        with webhook_client.client() as client:
            outcome = webhook_client.post(client, f"http://hook.example.org:{intended.port}/hook", {}, b"{}")
    assert (outcome.status, checked, len(intended.posts), len(inner.posts)) == (204, ["127.0.0.1"], 1, 0)
    assert intended.posts[0].headers["host"] == f"hook.example.org:{intended.port}"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE = True
    with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        with webhook_client.client() as client:
            assert webhook_client.post(client, receiver.url, {}, b"{}").status == 204
    assert (len(receiver.posts), len(proxy.posts)) == (1, 0)
