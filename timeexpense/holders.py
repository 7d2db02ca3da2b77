"""What holds an entry's actuals, in words. Rooms further down name their own documents here."""

from collections.abc import Callable

Namer = Callable[[int], str | None]
_namers: dict[str, Namer] = {}


def register(kind: str, namer: Namer) -> None:
    """Say how a holder ("proposal") or source ("invoice_line") of actuals is called, by its id."""
    _namers[kind] = namer


def name_of(kind: str, holder_id: int) -> str:
    """The document's name, or its kind and id when no room names it."""
    namer = _namers.get(kind)
    name = namer(holder_id) if namer else None
    return name or f"{kind.replace('_', ' ')} {holder_id}"
