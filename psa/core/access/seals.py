"""Secrets at rest: what must be read again, but never stand in a table or a backup as it is."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes


class Unreadable(Exception):
    """A sealed text was sealed by another installation's key, or is damaged."""


def seal(text: str, *, purpose: str) -> str:
    """Encrypt and authenticate a text under a key made for one purpose from the secret key."""
    return _box(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """The text again. Raises  Unreadable under another key or for another purpose."""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("This secret was sealed by another installation.") from None


def reseal(sealed: str, *, purpose: str) -> str:
    """The same secret under the present key; what lies under it already stays as it is.

    Raises  Unreadable when neither the present nor a former key opens it.
    """
    present = Fernet(_key(settings.SECRET_KEY, purpose))
    try:
        present.decrypt(sealed.encode())
    except InvalidToken:
        return seal(unseal(sealed, purpose=purpose), purpose=purpose)
    return sealed


def _box(purpose: str) -> MultiFernet:
    # Former keys still open what they sealed, so that the secret key can be changed.
    return MultiFernet(
        [
            Fernet(_key(secret, purpose))
            for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


def _key(secret: str | bytes, purpose: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"psa.{purpose}".encode())
    return base64.urlsafe_b64encode(derived.derive(force_bytes(secret)))
