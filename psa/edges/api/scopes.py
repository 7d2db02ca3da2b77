"""What a token may be narrowed to."""

from collections.abc import Iterable

from psa.core.errors import DomainError
from psa.core.web.api import areas


def all_scopes() -> dict[str, str]:
    """Every scope with its words: the two wide ones first, then by area."""
    found = {
        "read": "Read everything but bank accounts and calendar addresses",
        "write": "Read and change everything but bank accounts and calendar addresses",
    }
    for area, title in sorted(areas().items()):
        found[f"{area}:read"] = f"{title}: read"
        found[f"{area}:write"] = f"{title}: read and change"
    return found


def checked(scopes: Iterable[str]) -> list[str]:
    """The scopes, each once. Raises  DomainError for none, or one that does not exist."""
    from .mounts import api  # noqa: F401  the areas are known once their endpoints are

    asked = list(dict.fromkeys(scopes))
    if not asked:
        raise DomainError("Choose at least one scope.", "scopes")
    known = all_scopes()
    for scope in asked:
        if scope not in known:
            raise DomainError(
                f"There is no scope “{scope}”. Scopes are: {', '.join(known)}.", "scopes"
            )
    return asked
