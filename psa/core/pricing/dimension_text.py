"""Dimension values as a price line stores them: "code=value;code=value", sorted by code."""

from collections.abc import Mapping

from psa.core.errors import DomainError

MAX_LENGTH = 200


def to_text(values: Mapping[str, str]) -> str:
    """The canonical text; empty values mean any and are left out.

    Raises  DomainError if a code or value holds a sign that the text is made of, or all of it is
            too long.
    """
    given = {code: value.strip() for code, value in values.items() if value.strip()}
    for code, value in given.items():
        if any(sign in code + value for sign in "=;,"):
            raise DomainError(
                f"“{value}” cannot be a dimension value: it must not contain = ; or a comma.",
                "dimensions",
            )
    text = ";".join(f"{code}={value}" for code, value in sorted(given.items()))
    if len(text) > MAX_LENGTH:
        raise DomainError("The dimension values together are too long.", "dimensions")
    return text


def from_text(text: str) -> dict[str, str]:
    """Code → value of the canonical text."""
    return dict(pair.split("=", 1) for pair in text.split(";")) if text else {}
