"""HTTP to identity providers: never to a private address, whatever a name resolves to."""

import ipaddress
from typing import Any

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_TIMEOUT_SECONDS = 5


class PrivateAddress(requests.ConnectionError):
    """The provider's name leads to an address inside our own network."""


def session() -> requests.Session:
    """A session for what a tenant told us to fetch. Redirects are not followed."""
    made = _Session()
    if not settings.PSA_PRIVATE_ADDRESSES_ALLOWED:
        adapter = _PublicAdapter()
        made.mount("https://", adapter)
        made.mount("http://", adapter)
    return made


class _Session(requests.Session):
    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", _TIMEOUT_SECONDS)
        kwargs["allow_redirects"] = False
        return super().request(*args, **kwargs)


def _check_peer(connection: HTTPConnection) -> None:
    """After connecting and before a byte is sent: a name that changes its mind is caught too."""
    sock = connection.sock
    peer = ipaddress.ip_address(sock.getpeername()[0].partition("%")[0])
    mapped = getattr(peer, "ipv4_mapped", None) or peer
    if not mapped.is_global or mapped.is_multicast:
        connection.close()
        raise PrivateAddress(f"{connection.host} is not a public address.")


class _PublicConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self)


class _PublicSecureConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _check_peer(self)


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


class _PublicAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _PublicPool,
            "https": _PublicSecurePool,
        }
