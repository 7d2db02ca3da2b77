"""Sealing against the example of RFC 8291, and what may stand on a locked screen."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from psa.core.notifications import push_messages
from psa.core.notifications.rules import push_text

# RFC 8291, section 5 and appendix A.
PLAIN = "V2hlbiBJIGdyb3cgdXAsIEkgd2FudCB0byBiZSBhIHdhdGVybWVsb24"
SERVER_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_KEY = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_seals_as_the_rfc_does() -> None:
    found = push_messages.sealed(
        push_messages.unpacked(PLAIN),
        public_key=BROWSER_KEY,
        auth_secret=AUTH,
        once=push_messages.key_of(SERVER_KEY),
        salt=push_messages.unpacked(SALT),
    )
    assert push_messages.packed(found) == SEALED


def test_seals_each_message_anew() -> None:
    first, second = (
        push_messages.sealed(b"once", public_key=BROWSER_KEY, auth_secret=AUTH) for _ in range(2)
    )
    assert first != second and b"once" not in first


def test_makes_keys_that_it_reads() -> None:
    key = push_messages.key_of(push_messages.new_key())
    assert isinstance(key.curve, ec.SECP256R1)


@pytest.mark.parametrize(
    "text",
    ["Invoice over €1,234.50", "1.234,50 € are due", "GBP 1,200 unbilled", "EUR1200", "90.50 CHF"],
)
def test_finds_amounts(text: str) -> None:
    assert push_text.names_an_amount(text)


@pytest.mark.parametrize(
    "text", ["12 entries wait", "Week 28 is due", "7:30 on 9 July", "EX-00012"]
)
def test_leaves_other_numbers_alone(text: str) -> None:
    assert not push_text.names_an_amount(text)


def test_says_the_event_where_the_title_names_an_amount() -> None:
    shown = push_text.on_screen(
        title="Limit of £50,000 passed", body="12 entries wait", label="A limit is near"
    )
    assert shown == ("A limit is near", "12 entries wait")
    assert push_text.on_screen(title="Same", body="Same", label="") == ("Same", "")
    assert len(push_text.on_screen(title="a" * 500, body="", label="")[0]) == 140
