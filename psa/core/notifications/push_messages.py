"""Messages to a browser's push service: sealed for the browser (RFC 8291), signed by us (RFC 8292).

The format is small and frozen; a library for it would bring a second HTTP client, past the guard of
`psa.core.web.outgoing`. The RFC's own example is a test (docs/adr/0049).
"""

import base64
import hashlib
import os
import struct
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from psa.core.errors import DomainError

RECORD_BYTES: Final = 4096
LONGEST_PAYLOAD: Final = 3000
KEPT_BY_THE_SERVICE: Final = timedelta(days=1)
_SIGNED_FOR: Final = timedelta(hours=12)
_CURVE: Final = ec.SECP256R1()


def own_key() -> ec.EllipticCurvePrivateKey | None:
    """The key of this installation; None in production without one."""
    given: str = settings.PSA_PUSH_KEY
    if given:
        return key_of(given)
    if settings.PRODUCTION:
        return None
    seed = hashlib.sha256(b"push" + settings.SECRET_KEY.encode()).digest()
    return ec.derive_private_key(int.from_bytes(seed[:31], "big"), _CURVE)


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """The private key from its 32 bytes in base64url. Raises  ValueError."""
    return ec.derive_private_key(int.from_bytes(unpacked(text), "big"), _CURVE)


def new_key() -> str:
    """A private key as `PSA_PUSH_KEY` takes it."""
    number = ec.generate_private_key(_CURVE).private_numbers().private_value
    return packed(number.to_bytes(32, "big"))


def public_key() -> str:
    """What a browser asks for to subscribe; "" when nothing can be sent."""
    key = own_key()
    return packed(_point(key.public_key())) if key else ""


def sealed(
    payload: bytes,
    *,
    public_key: str,
    auth_secret: str,
    once: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The payload so that only the browser with these keys can read it. Source  RFC 8291, 3 and 4.

    `once` and `salt` are made anew for each message; the RFC's example gives them.
    """
    if len(payload) > LONGEST_PAYLOAD:
        raise ValueError("This is too long for a push message.")
    once = once or ec.generate_private_key(_CURVE)
    salt = salt or os.urandom(16)
    theirs = unpacked(public_key)
    browser = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, theirs)
    ours = _point(once.public_key())
    info = b"WebPush: info\x00" + theirs + ours
    secret = _derived(once.exchange(ec.ECDH(), browser), unpacked(auth_secret), info, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    header = salt + struct.pack("!IB", RECORD_BYTES, len(ours)) + ours
    return header + AESGCM(key).encrypt(nonce, payload + b"\x02", None)


def headers(endpoint: str, *, topic: str, now: datetime) -> dict[str, str]:
    """What goes with a sealed message; `now` is the real clock's. Source  RFC 8030 and RFC 8292."""
    key = own_key()
    if key is None:
        raise DomainError("PSA_PUSH_KEY is not set: this installation writes to no device.")
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + _SIGNED_FOR).timestamp()),
        "sub": f"mailto:{settings.DEFAULT_FROM_EMAIL}",
    }
    token = jwt.encode(claims, key, algorithm="ES256")
    return {
        "Authorization": f"vapid t={token}, k={packed(_point(key.public_key()))}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(KEPT_BY_THE_SERVICE.total_seconds())),
        "Topic": topic,
        "Urgency": "normal",
    }


def checked_keys(public_key: str, auth_secret: str) -> None:
    """Raises  DomainError for keys that no browser makes."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, unpacked(public_key))
        if len(unpacked(auth_secret)) != 16:
            raise ValueError(auth_secret)
    except ValueError:
        raise DomainError("This browser's keys could not be read. Try again.") from None


def packed(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """The bytes of base64url, padded or not. Raises  ValueError."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except UnicodeEncodeError as error:
        raise ValueError(text) from error


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
