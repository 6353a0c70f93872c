"""Which addresses webhooks may be sent to: none inside the operator's own network, unless that is allowed.

A name is resolved once, everything it resolves to is checked, and the connection is made to an address that was
checked: a name that says something else the next time (DNS rebinding) gains nothing.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

NAT64 = IPv6Network("64:ff9b::/96")


class RefusedAddressError(ValueError):
    """A URL that nothing is sent to; the message says why."""


def check_url(url: str) -> SplitResult:
    """The parts of a URL that may be sent to, as far as it can be told without resolving its name.

    Raises RefusedAddressError for anything but https (http too where private addresses are allowed), for credentials in
    it, a missing or malformed host or port, and an address that is not public.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise RefusedAddressError(f"{url!r} is no URL: {error}") from error
    schemes = ("https", "http") if settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in schemes:
        raise RefusedAddressError(f"{url!r} begins with none of {', '.join(f'{scheme}://' for scheme in schemes)}")
    if not parts.hostname:
        raise RefusedAddressError(f"{url!r} names no host")
    if parts.username is not None or parts.password is not None:
        raise RefusedAddressError("the URL has credentials in it: leave them out, deliveries are signed")
    try:
        literal = str(ip_address(parts.hostname))
    except ValueError:
        return parts
    _check(parts.hostname, [literal])
    return parts


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, every one of which may be connected to.

    Raises RefusedAddressError when one of them may not, OSError when the name does not resolve.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    _check(host, addresses)
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet; one that carries an IPv4 address, only if that is."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return _is_public(ip)
    if ip.ipv4_mapped or ip in NAT64:
        return _is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    tunnelled = [ip.sixtofour, *(ip.teredo or ())]
    return _is_public(ip) and all(_is_public(end) for end in tunnelled if end)


def _check(host: str, addresses: list[str]) -> None:
    if settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE:
        return
    if refused := [address for address in addresses if not is_public(address)]:
        raise RefusedAddressError(
            f"{host} is {', '.join(refused)}, not a public address; set WINGTEL_WEBHOOK_ALLOW_PRIVATE=1 where"
            " webhooks may go to private ones"
        )


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified
