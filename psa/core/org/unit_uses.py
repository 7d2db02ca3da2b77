"""What stands in the books of a unit's legal entity: then the unit cannot move to another entity."""

from collections.abc import Callable

_uses: dict[str, Callable[[int], bool]] = {}


def register(words: str, is_used: Callable[[int], bool]) -> None:
    """A room says how to tell that a unit (by id) is used, and in `words` what uses it."""
    _uses[words] = is_used


def used_by(unit_id: int) -> str | None:
    """In words, the first thing that uses a unit; None for a unit that nothing uses yet."""
    return next((words for words, is_used in _uses.items() if is_used(unit_id)), None)
