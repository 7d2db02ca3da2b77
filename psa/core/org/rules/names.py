"""Records by what a file calls them: a code, a name, an e-mail; what two records share is refused."""

from collections.abc import Iterable, Mapping

from psa.core.errors import DomainError

AMBIGUOUS = 0


def plain(name: str) -> str:
    """A name as it is compared: one blank between words, no case."""
    return " ".join(name.split()).casefold()


def by_names(rows: Iterable[tuple[int, *tuple[str, ...]]]) -> dict[str, int]:
    """Ids by each of their names; the names of a row come from the surest (its code) down.

    A surer name hides another row's less sure one; two rows alike in the same place are ambiguous.
    """
    given = list(rows)
    # Codes that differ by case alone are told apart by the way they are written.
    exact = {str(row[1]): row[0] for row in given if len(row) > 1}
    found: dict[str, int] = {}
    width = max((len(row) for row in given), default=1)
    for place in range(width - 1, 0, -1):
        level: dict[str, int] = {}
        for row in given:
            name = plain(str(row[place])) if place < len(row) else ""
            if name:
                level[name] = AMBIGUOUS if level.get(name, row[0]) != row[0] else row[0]
        found.update(level)
    return {**found, **exact}


def found(known: Mapping[str, int], name: str, *, word: str, field: str, way_out: str) -> int:
    """The id of what is called so.

    Raises  DomainError on `field` when there is none, or more than one.
    """
    id_ = known.get(name.strip(), known.get(plain(name)))
    if id_ is None:
        raise DomainError(f"There is no {word} “{name[:60]}”. {way_out}", field)
    if id_ == AMBIGUOUS:
        raise DomainError(
            f"More than one {word} is called “{name[:60]}”. Name it by its code.", field
        )
    return id_
