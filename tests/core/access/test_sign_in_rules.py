"""The rule in figures: what a session proves, and what a tenant then still asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.access.provider_ids import parts_of, provider_id_of
from psa.core.access.sign_in import Met, Need, Rule, first_need, met

AT = datetime(2026, 7, 9, 10, 0, tzinfo=UTC)
ACME, GLOBEX = 3, 4
PASSWORD = {"method": "password", "at": AT.timestamp()}
APP = {"method": "mfa", "type": "totp", "at": AT.timestamp()}
PASSKEY = {"method": "mfa", "type": "webauthn", "passwordless": True, "at": AT.timestamp()}
BY_ACME = {"method": "socialaccount", "provider": "t3-p7", "uid": "1", "at": AT.timestamp()}
BY_GLOBEX = {"method": "socialaccount", "provider": "t4-p9", "uid": "1", "at": AT.timestamp()}


def proved(records: list[dict[str, Any]], **changed: Any) -> Met:
    given_ = {
        "tenant_id": ACME, "providers": {7: False}, "since": None, "by_password_backend": False,
    }  # fmt: skip
    return met(records, **{**given_, **changed})


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([PASSWORD], Met(own=True)),
        ([PASSWORD, APP], Met(own=True, second_factor=True)),
        ([PASSKEY], Met(own=True, second_factor=True)),
        ([BY_ACME], Met(provider=True)),
        ([BY_GLOBEX], Met()),
        ([BY_GLOBEX, APP], Met(second_factor=True)),
        ([BY_GLOBEX, PASSWORD], Met(own=True)),
        ([APP], Met(second_factor=True)),
        ([], Met()),
        ([{"method": "socialaccount", "provider": "t3-p8", "at": 0}], Met()),
        ([{"method": "socialaccount", "provider": "google", "at": 0}], Met()),
    ],
)
def test_what_a_session_proves_for_acme(records: list[dict[str, Any]], expected: Met) -> None:
    assert proved(records) == expected


def test_a_provider_that_asks_a_factor_itself_counts_as_one() -> None:
    assert proved([BY_ACME], providers={7: True}) == Met(provider=True, second_factor=True)


def test_a_provider_that_was_switched_off_counts_no_more() -> None:
    assert proved([BY_ACME], providers={}) == Met()


def test_sign_ins_before_sessions_were_ended_do_not_count() -> None:
    after = AT + timedelta(seconds=1)
    assert proved([PASSWORD, APP, BY_ACME], since=after) == Met()
    again = PASSWORD | {"at": (AT + timedelta(minutes=1)).timestamp()}
    assert proved([PASSWORD, again], since=after) == Met(own=True)


def test_a_session_without_records_is_the_password_backends_or_nothing() -> None:
    assert proved([], by_password_backend=True) == Met(own=True)
    assert proved([], by_password_backend=True, since=AT) == Met()


PLAIN = Rule(ACME, sso_required=False, second_factor_required=False)


@pytest.mark.parametrize(
    ("rule", "session", "need"),
    [
        (PLAIN, Met(own=True), None),
        (PLAIN, Met(provider=True), None),
        (PLAIN, Met(second_factor=True), Need.OWN),
        (PLAIN, Met(), Need.OWN),
        (Rule(ACME, False, False, since=AT), Met(), Need.AGAIN),
        (Rule(ACME, True, False), Met(own=True, second_factor=True), Need.PROVIDER),
        (Rule(ACME, True, False), Met(provider=True), None),
        (Rule(ACME, False, True), Met(own=True), Need.SECOND_FACTOR),
        (Rule(ACME, False, True), Met(own=True, second_factor=True), None),
        (Rule(ACME, True, True), Met(provider=True), Need.SECOND_FACTOR),
        (Rule(ACME, True, True), Met(provider=True, second_factor=True), None),
    ],
)
def test_what_a_tenant_still_asks_for(rule: Rule, session: Met, need: Need | None) -> None:
    assert first_need(rule, session) == need


@given(st.lists(st.sampled_from([BY_GLOBEX, APP, {"method": "socialaccount", "provider": "x"}])))
def test_no_pile_of_another_firms_sign_ins_opens_acme(records: list[dict[str, Any]]) -> None:
    assert first_need(PLAIN, proved(records)) is not None


def test_names_of_providers_lead_back_to_their_rows() -> None:
    assert parts_of(provider_id_of(12, 5)) == (12, 5)
    for other in ("", "t1", "t1-p", "t01-p1", "t1-p1 ", "t-1-p1", "t1-p1/x", "T1-p1"):
        assert parts_of(other) is None, other
