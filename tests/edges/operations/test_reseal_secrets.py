"""Changing the secret key: old secrets stay readable, and are sealed anew."""

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import CommandError, call_command

from psa.core.access import seals
from psa.core.access.models import AccountMail, IdentityProvider
from psa.core.notifications import devices
from psa.core.notifications.models import PushDevice
from psa.edges.identity.services.providers import SECRETS
from psa.edges.integrations.webhooks.models import Endpoint
from psa.edges.integrations.webhooks.services import endpoints
from psa.edges.operations.services.sealing import OF_FIRMS, reseal_secrets
from tests.factories import AT, Firm, user_of
from timeexpense.models import BankAccount
from timeexpense.services import bank_accounts

NEW = "n" * 60


@pytest.fixture
def sealed(acme: Firm) -> Firm:
    """Acme with a secret of each kind, sealed under the present key."""
    user = user_of("ben@acme.example")
    encrypt = get_adapter().encrypt
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt("TOTP-SECRET")}
    )
    Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.RECOVERY_CODES,
        data={"seed": encrypt("ab" * 20), "used_mask": 1},
    )
    AccountMail.objects.create(
        kind="x", sealed=seals.seal("{}", purpose="account-mail"), queued_at=AT, next_attempt_at=AT
    )
    with acme.scope():
        IdentityProvider.objects.create(
            tenant=acme.tenant, name="Firm", issuer="https://id.example", client_id="psa",
            sealed_secret=seals.seal("PROVIDER-SECRET", purpose=SECRETS),
        )  # fmt: skip
        # A former version wrote this one during an upgrade.
        Endpoint.objects.create(
            tenant=acme.tenant, url="https://hooks.example/psa", secret="whsec_PLAIN",
            created_at=AT, settled_entry_id=0,
        )  # fmt: skip
        PushDevice.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["ben"].membership_id, created_at=AT,
            endpoint="https://push.example/1", public_key="", label="Phone",
            sealed_auth_secret=seals.seal("DEVICE-SECRET", purpose=devices.SECRETS),
        )  # fmt: skip
        bank_accounts.save_own_account(
            holder="Ben", number="DE89370400440532013000", bic="", actor=acme.actors["ben"], at=AT
        )
    return acme


def secrets(firm: Firm) -> list[str]:
    decrypt = get_adapter().decrypt
    by_type = {row.type: row.data for row in Authenticator.objects.all()}
    with firm.scope():
        provider = IdentityProvider.objects.get().sealed_secret
        of_firm = [
            endpoints.secret_of(Endpoint.objects.get()),
            devices.secret_of(PushDevice.objects.get()),
            bank_accounts.accounts_for_payment(
                BankAccount.objects.values_list("resource", flat=True)
            )
            .popitem()[1]
            .number,
        ]
    return [
        decrypt(by_type["totp"]["secret"]),
        decrypt(by_type["recovery_codes"]["seed"]),
        seals.unseal(AccountMail.objects.get().sealed, purpose="account-mail"),
        seals.unseal(provider, purpose=SECRETS),
        *of_firm,
    ]


def test_a_former_key_reads_until_all_is_sealed_anew(sealed: Firm, settings: Any) -> None:
    plain = secrets(sealed)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [settings.SECRET_KEY]
    assert secrets(sealed) == plain
    said = StringIO()
    call_command("reseal_secrets", stdout=said)
    assert "second factors: 2 sealed anew" in said.getvalue()
    assert "webhook secrets: 1 sealed anew" in said.getvalue()
    assert "bank accounts: 1 sealed anew" in said.getvalue()
    assert "Nothing needs a former key any more." in said.getvalue()
    settings.SECRET_KEY_FALLBACKS = []
    assert secrets(sealed) == plain
    with sealed.scope():
        assert "PLAIN" not in str(list(Endpoint.objects.values()))
    assert Authenticator.objects.get(type="recovery_codes").data["used_mask"] == 1
    again = reseal_secrets()
    assert {(one.changed, one.unreadable) for one in again.values()} == {(0, 0)}


def test_says_what_no_key_opens_and_leaves_it(sealed: Firm, settings: Any) -> None:
    before = AccountMail.objects.get().sealed
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    with pytest.raises(CommandError, match="6 secrets can be read by no key given"):
        call_command("reseal_secrets", stdout=StringIO())
    assert AccountMail.objects.get().sealed == before


def test_every_sealed_column_is_known() -> None:
    columns = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.name.startswith("sealed")
    }
    # A mail belongs to no firm.
    assert columns == {(one.model, one.column) for one in OF_FIRMS} | {(AccountMail, "sealed")}
