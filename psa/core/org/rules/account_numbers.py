"""Account numbers at banks: an IBAN proves itself, another number is digits and letters."""

import re
from typing import Final

from psa.core.errors import DomainError

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_OTHER: Final = re.compile(r"[A-Z0-9]{4,34}")
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_BANK_CODE: Final = re.compile(r"[A-Z0-9 -]{0,20}")


def is_iban(number: str) -> bool:
    """Whether the number is an IBAN whose check digits are right (ISO 13616, modulo 97)."""
    if not _IBAN.fullmatch(number):
        return False
    turned = number[4:] + number[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def number_of(typed: str) -> str:
    """An account number without its spaces. Raises  DomainError on "number"."""
    number = re.sub(r"[\s\u00a0-]", "", typed[:80]).upper()
    if _IBAN.fullmatch(number):
        if not is_iban(number):
            raise DomainError("This IBAN is mistyped: its check digits do not fit.", "number")
        return number
    if not number.isascii() or not _OTHER.fullmatch(number):
        raise DomainError("An IBAN, or an account number of 4 to 34 letters and digits.", "number")
    return number


def bic_of(typed: str) -> str:
    """A BIC, or nothing. Raises  DomainError on "bic"."""
    bic = typed.strip().upper()
    if bic and not _BIC.fullmatch(bic):
        raise DomainError("A BIC has 8 or 11 signs, such as COBADEFF.", "bic")
    return bic


def bank_code_of(typed: str) -> str:
    """A BIC, sort code or other code of a bank, or nothing. Raises  DomainError on "bic"."""
    code = typed.strip().upper()
    if not _BANK_CODE.fullmatch(code):
        raise DomainError(
            "A BIC, or a bank's code of at most 20 letters, digits and dashes.", "bic"
        )
    return code


def end_of(number: str) -> str:
    """An account number as it is shown: its last four signs alone, "" for none."""
    return f"… {number[-4:]}" if number else ""
