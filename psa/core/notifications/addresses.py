"""E-mail addresses that somebody typed: who a document is sent to."""

from collections.abc import Sequence
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from psa.core.errors import DomainError

MAX_RECIPIENTS: Final = 10


def typed_addresses(text: str) -> list[str]:
    """What was typed into one field, with commas, semicolons or line ends between addresses."""
    parts = text.replace(";", ",").replace("\n", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


def checked_addresses(recipients: Sequence[str]) -> list[str]:
    """Each address once. Raises  DomainError without one, with too many, or a wrong one."""
    wanted = list(dict.fromkeys(address.strip() for address in recipients if address.strip()))
    if not wanted:
        raise DomainError("Name at least one e-mail address.", field="recipients")
    if len(wanted) > MAX_RECIPIENTS:
        raise DomainError(
            f"Send to at most {MAX_RECIPIENTS} addresses at once.", field="recipients"
        )
    for address in wanted:
        try:
            validate_email(address)
        except ValidationError as error:
            raise DomainError(
                f"“{address}” is not an e-mail address.", field="recipients"
            ) from error
    return wanted
