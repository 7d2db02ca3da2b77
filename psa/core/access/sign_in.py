"""Which tenants a session opens: by how it was signed in, against each tenant's own rule.

A provider speaks for its own tenant alone, so a session made by Acme's provider opens Acme and
nothing else. Password, passkey and authenticator app are the person's own and count anywhere.
Why so: docs/adr/0021-a-session-opens-what-its-sign-in-met.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from .provider_ids import parts_of

Record = Mapping[str, Any]


class Need(StrEnum):
    """What a session lacks for a tenant."""

    OWN = "own"
    PROVIDER = "provider"
    AGAIN = "again"
    SECOND_FACTOR = "second_factor"
    # It met the rule, but nothing was asked of it for too long.
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Met:
    """What a session has proved, for one tenant."""

    own: bool = False
    provider: bool = False
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """How a tenant's members must sign in; providers maps each enabled row to "asks a factor"."""

    tenant_id: int
    sso_required: bool
    second_factor_required: bool
    since: datetime | None = None


def met(
    records: Iterable[Record],
    *,
    tenant_id: int,
    providers: Mapping[int, bool],
    since: datetime | None,
    by_password_backend: bool,
) -> Met:
    """What the session's records prove for a tenant.

    `records` are the sign-in library's: each with a method and `at`, in seconds since 1970; those
    before `since` do not count. `providers` are the tenant's enabled ones, and whether each asks
    for a second factor. `by_password_backend` stands for a session without any records, which only
    the password backend makes.
    """
    records = list(records)
    if not records:
        return Met(own=by_password_backend and since is None)
    counted = [r for r in records if since is None or r.get("at", 0) >= since.timestamp()]
    ours = {
        parts[1]
        for record in counted
        if record.get("method") == "socialaccount"
        and (parts := parts_of(str(record.get("provider")))) is not None
        and parts[0] == tenant_id
        and parts[1] in providers
    }
    factor = any(record.get("method") == "mfa" for record in counted)
    return Met(
        own=any(_is_own(record) for record in counted),
        provider=bool(ours),
        second_factor=factor or any(providers[row_id] for row_id in ours),
    )


def first_need(rule: Rule, proved: Met) -> Need | None:
    """What a session still lacks, the first thing first; None opens the tenant."""
    if rule.sso_required:
        if not proved.provider:
            return Need.PROVIDER
    elif not (proved.own or proved.provider):
        return Need.AGAIN if rule.since is not None else Need.OWN
    if rule.second_factor_required and not proved.second_factor:
        return Need.SECOND_FACTOR
    return None


def _is_own(record: Record) -> bool:
    """A password, or a key that the person holds; a code from an app alone is only a second step."""
    method = record.get("method")
    return method == "password" or (method == "mfa" and record.get("type") == "webauthn")


def last_proof(
    records: Iterable[Record], *, tenant_id: int, by_provider_only: bool = False
) -> float | None:
    """When the person last proved who they are, as far as it counts for a tenant; None for never.

    `by_provider_only`: where single sign-on is required, nothing but the tenant's provider counts.
    """
    counted = [
        float(record.get("at", 0))
        for record in records
        if _counts_for(record, tenant_id)
        and (record.get("method") == "socialaccount" or not by_provider_only)
    ]
    return max(counted, default=None)


def _counts_for(record: Record, tenant_id: int) -> bool:
    """A provider speaks for its own tenant; everything else is the person's own."""
    if record.get("method") != "socialaccount":
        return True
    parts = parts_of(str(record.get("provider")))
    return parts is not None and parts[0] == tenant_id


def names_provider_of(records: Iterable[Record], tenant_id: int) -> bool:
    """Whether any record is of one of the tenant's providers, which are then worth reading."""
    return any(
        record.get("method") == "socialaccount"
        and (parts := parts_of(str(record.get("provider")))) is not None
        and parts[0] == tenant_id
        for record in records
    )
