"""The link in an invitation: which row, of which tenant, and a word that dies with it."""

from dataclasses import dataclass

from django.core import signing

_SALT = "psa.invitation"


@dataclass(frozen=True, slots=True)
class InvitationKey:
    """What a link says; it proves nothing until the row agrees."""

    tenant_id: int
    invitation_id: int
    nonce: str


def link_of(key: InvitationKey) -> str:
    """The signed part of the address."""
    return signing.Signer(salt=_SALT).sign(f"{key.tenant_id}-{key.invitation_id}-{key.nonce}")


def read(link: str) -> InvitationKey | None:
    """What the link says, or None if we never signed it."""
    try:
        tenant_id, invitation_id, nonce = signing.Signer(salt=_SALT).unsign(link).split("-", 2)
        return InvitationKey(int(tenant_id), int(invitation_id), nonce)
    except (signing.BadSignature, ValueError):
        return None
