"""Requests that this system makes to addresses which somebody typed: never into a private network.

The host is resolved here, every address it has is checked, and the connection goes to the address
that was checked: a name that changes its mind in between (rebinding) changes nothing. Redirects
are not followed, proxies of the environment not used, time and size are limited.
"""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from psa.core.errors import DomainError

MAX_ANSWER_BYTES = 64 * 1024
MAX_SECONDS = 10
_CONNECT_SECONDS = 4
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")
Address = IPv4Address | IPv6Address


class RefusedTarget(DomainError):
    """The address is not one that this system sends to."""


class SendingFailed(Exception):
    """Nobody answered, or not in time; the message says what happened, for a log."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the name for the certificate, the address for the connection."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300


def checked_form(url: str) -> Target:
    """The parts of an address that is not asked for yet: nothing is looked up, `address` is "".

    Raises  RefusedTarget with field "url": no https, a name or number of a private network, user
            and password in it, a port below 1024 other than 443.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _refused("This is not an address.") from None
    is_test_host = f"{host}:{port}" in settings.PSA_OUTGOING_TEST_HOSTS
    if not host or "@" in parts.netloc or any(ord(c) < 33 for c in url.strip()):
        raise _refused("This is not an address such as https://example.com/hook.")
    if parts.scheme != "https" and not (is_test_host and parts.scheme == "http"):
        raise _refused("The address must start with https://.")
    port = port or 443
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if is_test_host:
        return Target(parts.scheme, host, port, path, host)
    if port != 443 and port < 1024:
        raise _refused(f"Port {port} is not one that is sent to; use 443, or one from 1024 on.")
    if host.lower().endswith(_LOCAL_NAMES):
        raise _refused(f"{host} is a name of a private network.")
    return Target(parts.scheme, host, port, path, "")


def checked_target(url: str) -> Target:
    """The address resolved and found to be public.

    Raises  RefusedTarget as `checked_form`, and for a name that does not resolve, or leads into a
            private network.
    """
    form = checked_form(url)
    host, port, path = form.host, form.port, form.path
    if form.address:
        return form
    addresses = _resolved(host, port)
    for address in addresses:
        if not is_public(address):
            raise _refused(f"{host} leads into a private network, where nothing is sent.")
    return Target(form.scheme, host, port, path, str(addresses[0]))


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet would reach it; what is wrapped in it counts as well."""
    if isinstance(address, IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if wrapped is None and address.teredo is not None:
            wrapped = address.teredo[1]
        if wrapped is None and address in _NAT64:
            wrapped = IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None and not is_public(wrapped):
            return False
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post to a checked address and read at most 64 KB of the answer, within 10 seconds.

    Raises  RefusedTarget; SendingFailed.
    """
    return _send("POST", url, body=body, headers=headers)


def get(url: str) -> Answer:
    """Fetch from a checked address, with the same limits. Raises  RefusedTarget; SendingFailed."""
    return _send("GET", url, body=b"", headers={})


def _send(method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    target = checked_target(url)
    shown = target.host if target.port == 443 else f"{target.host}:{target.port}"
    literal = f"[{target.address}]" if ":" in target.address else target.address
    deadline = time.monotonic() + MAX_SECONDS
    limits = httpx.Timeout(MAX_SECONDS, connect=_CONNECT_SECONDS)
    try:
        with (
            httpx.Client(follow_redirects=False, trust_env=False, timeout=limits) as client,
            client.stream(
                method,
                f"{target.scheme}://{literal}:{target.port}{target.path}",
                content=body,
                headers={**headers, "Host": shown},
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            return Answer(response.status_code, _read(response, deadline))
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise SendingFailed(f"{type(error).__name__}: {error}"[:300]) from error


def _read(response: httpx.Response, deadline: float) -> bytes:
    found = b""
    for piece in response.iter_bytes():
        found += piece
        if time.monotonic() > deadline:
            raise SendingFailed("The answer took too long.")
        if len(found) >= MAX_ANSWER_BYTES:
            break
    return found[:MAX_ANSWER_BYTES]


def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    except (OSError, UnicodeError, ValueError):
        raise _refused(f"The name {host} leads nowhere. Check its spelling.") from None


def _refused(sentence: str) -> RefusedTarget:
    return RefusedTarget(sentence, "url")
