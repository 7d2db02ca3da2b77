"""Changing the secret key: what lies sealed under a former one is sealed anew under the present."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Model

from psa.core.access import seals
from psa.core.access.account_mails import PURPOSE as ACCOUNT_MAILS
from psa.core.access.adapter import FACTORS
from psa.core.access.models import AccountMail, IdentityProvider
from psa.core.notifications import devices
from psa.core.notifications.models import PushDevice
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.identity.services.providers import SECRETS
from psa.edges.integrations.channels.models import Channel
from psa.edges.integrations.channels.services import channels
from psa.edges.integrations.webhooks.models import Endpoint
from psa.edges.integrations.webhooks.services import endpoints
from timeexpense.models import BankAccount
from timeexpense.services import bank_accounts


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed column of a firm's rows, and the one in which it once stood in the clear."""

    title: str
    model: type[Model]
    column: str
    purpose: str
    plain_column: str = ""


OF_FIRMS: Final = (
    Sealed("provider secrets", IdentityProvider, "sealed_secret", SECRETS),
    Sealed("webhook secrets", Endpoint, "sealed_secret", endpoints.SECRETS, "secret"),
    Sealed("channel addresses", Channel, "sealed_url", channels.SECRETS),
    Sealed("bank accounts", BankAccount, "sealed_number", bank_accounts.PURPOSE),
    Sealed("devices", PushDevice, "sealed_auth_secret", devices.SECRETS, "auth_secret"),
)


@dataclass(slots=True)
class Resealed:
    """What was sealed anew, what lay under the present key already, and what no key opens."""

    changed: int = 0
    kept: int = 0
    unreadable: int = 0

    def of(self, sealed: str, purpose: str) -> str:
        """One secret, counted; one that no key opens stays as it is."""
        try:
            anew = seals.reseal(sealed, purpose=purpose)
        except seals.Unreadable:
            self.unreadable += 1
            return sealed
        if anew == sealed:
            self.kept += 1
        else:
            self.changed += 1
        return anew


def reseal_secrets() -> dict[str, Resealed]:
    """Seal all secrets under the present key: afterwards no former key is needed to read them.

    Row by row under its lock, so that it may run while people work, stop, and run again.
    """
    found = {"second factors": _factors(), "account mails": _mails()}
    found |= {one.title: Resealed() for one in OF_FIRMS}
    for tenant_id in Tenant.objects.order_by("id").values_list("id", flat=True):
        with tenant_scope(tenant_id):
            for one in OF_FIRMS:
                rows = one.model.objects.order_by("id")  # type: ignore[attr-defined]
                _each(rows, _anew(one, found[one.title]))
    return found


def _anew(one: Sealed, count: Resealed) -> Callable[[Any], dict[str, Any]]:
    def changes(row: Any) -> dict[str, Any]:
        plain = getattr(row, one.plain_column) if one.plain_column else ""
        if plain:
            count.changed += 1
            return {one.column: seals.seal(plain, purpose=one.purpose), one.plain_column: ""}
        sealed = getattr(row, one.column)
        return {one.column: count.of(sealed, one.purpose)} if sealed else {}

    return changes


def _factors() -> Resealed:
    count = Resealed()

    def anew(row: Authenticator) -> dict[str, Any]:
        data = dict(row.data)
        for name in ("secret", "seed"):
            if isinstance(data.get(name), str):
                data[name] = count.of(data[name], FACTORS)
        if isinstance(data.get("migrated_codes"), list):
            data["migrated_codes"] = [count.of(code, FACTORS) for code in data["migrated_codes"]]
        return {"data": data}

    sealed = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    _each(Authenticator.objects.filter(type__in=sealed).order_by("id"), anew)
    return count


def _mails() -> Resealed:
    count = Resealed()
    _each(
        AccountMail.objects.order_by("id"),
        lambda row: {"sealed": count.of(row.sealed, ACCOUNT_MAILS)},
    )
    return count


def _each(rows: Any, anew: Callable[[Any], dict[str, Any]]) -> None:
    for pk in list(rows.values_list("id", flat=True)):
        with transaction.atomic():
            row = rows.select_for_update().filter(pk=pk).first()
            if row is None:
                continue
            changes = anew(row)
            for name, value in changes.items():
                setattr(row, name, value)
            if changes:
                row.save(update_fields=list(changes))
