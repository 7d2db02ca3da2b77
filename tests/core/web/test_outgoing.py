"""Nothing is sent into a private network, whatever the address looks like."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest

from psa.core.web import outgoing


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "example.com",
        "https://user:secret@example.com/",
        "https://example.com:22/",
        "https://example.com:99999/",
        "https://localhost/",
        "https://db.internal/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        "https://[::1]/",
        "https://[::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://exam\nple.com/",
    ],
)
def test_refuses(url: str) -> None:
    with pytest.raises(outgoing.RefusedTarget) as refused:
        outgoing.checked_target(url)
    assert refused.value.field == "url"


def test_refuses_a_name_that_leads_inside_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(outgoing.RefusedTarget, match="private network"):
        outgoing.checked_target("https://two-faced.example/")


def test_connects_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answers(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.215.14", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    target = outgoing.checked_target("https://hooks.example/in?x=1")
    assert (target.host, target.address) == ("hooks.example", "93.184.215.14")
    assert (target.port, target.path) == (443, "/in?x=1")
    assert asked == ["hooks.example"]


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert outgoing.is_public(ip_address(address))
