"""The one register of permissions: each room declares a StrEnum and registers it when it is ready."""

from enum import StrEnum

_registered: dict[str, str] = {}


def register(permissions: type[StrEnum]) -> None:
    """Make a room's permissions known; the first line of a member's ``label`` is shown to people."""
    for permission in permissions:
        _registered[permission.value] = permission.name.replace("_", " ").capitalize()


def all_permissions() -> dict[str, str]:
    """Every known permission and its words, by value."""
    return dict(sorted(_registered.items()))
