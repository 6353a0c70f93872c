"""Address policy for webhooks: none inside the operator's own network, unless that is allowed (SSRF).

A name is resolved once, and every address is checked. The connection goes to an address that was checked. So a name
that resolves to another address the next time (DNS rebinding) gains nothing.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

NAT64 = IPv6Network("64:ff9b::/96")


class RejectedAddressError(ValueError):
    """Error for a URL that the policy rejects; the message gives the reason."""


def check_url(url: str) -> SplitResult:
    """Return the parts of a URL that the policy allows, as far as that is clear without resolving its name.

    Raises RejectedAddressError for anything but https (http too where private addresses are allowed), and for
    credentials in the URL. Raises it also for a missing or malformed host or port, and for an address that is not
    public.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise RejectedAddressError(f"{url!r} is not a URL: {error}") from error
    schemes = ("https", "http") if settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in schemes:
        raise RejectedAddressError(f"{url!r} begins with none of {', '.join(f'{scheme}://' for scheme in schemes)}")
    if not parts.hostname:
        raise RejectedAddressError(f"{url!r} names no host")
    if parts.username is not None or parts.password is not None:
        raise RejectedAddressError("the URL has credentials in it: leave them out, deliveries are signed")
    try:
        literal = str(ip_address(parts.hostname))
    except ValueError:
        return parts
    _check(parts.hostname, [literal])
    return parts


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, all of which the policy allows.

    Raises RejectedAddressError when it rejects one of them, OSError when the name does not resolve.
    """
    results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in results))
    _check(host, addresses)
    return addresses


def is_public(address: str) -> bool:
    """Return True if an address belongs to the public internet.

    An address that carries an IPv4 address is public only if that is.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return _is_public(ip)
    if ip.ipv4_mapped or ip in NAT64:
        return _is_public(IPv4Address(int(ip) & 0xFFFFFFFF))
    tunnelled = [ip.sixtofour, *(ip.teredo or ())]
    return _is_public(ip) and all(_is_public(tunnel_end) for tunnel_end in tunnelled if tunnel_end)


def _check(host: str, addresses: list[str]) -> None:
    if settings.WINGTEL_WEBHOOK_ALLOW_PRIVATE:
        return
    if rejected := [address for address in addresses if not is_public(address)]:
        raise RejectedAddressError(
            f"{host} is {', '.join(rejected)}, not a public address; set WINGTEL_WEBHOOK_ALLOW_PRIVATE=1 where"
            " webhooks may go to private ones"
        )


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified
