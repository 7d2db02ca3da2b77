"""What a file calls a record otherwise: which name holds, and which are to be told."""

from collections.abc import Collection, Mapping, Sequence

from psa.core.org.rules.names import plain

Aliases = Mapping[str, Mapping[str, str]]


def named(
    spoken: Sequence[str], aliases: Mapping[str, str], known: Collection[str], otherwise: str = ""
) -> str:
    """The name that a row's record is looked up by: what was told of one of its names, else the
    first that is known, else the first. `otherwise` where the row names nothing.
    """
    said = [name for name in spoken if name]
    told = (aliases[plain(name)] for name in said if plain(name) in aliases)
    here = (name for name in said if is_known(name, known))
    return next(told, None) or next(here, None) or next(iter(said), otherwise)


def is_known(name: str, known: Collection[str]) -> bool:
    """Whether a record here is called so."""
    return name.strip() in known or plain(name) in known


def kept(before: Aliases, shown: Aliases, given: Aliases) -> dict[str, dict[str, str]]:
    """What is remembered for the next file: what was told, without what was told no longer."""
    found: dict[str, dict[str, str]] = {}
    for code in {*before, *given}:
        gone = set(shown.get(code, {})) - set(given.get(code, {}))
        told = {**before.get(code, {}), **given.get(code, {})}
        if left := {name: value for name, value in sorted(told.items()) if name not in gone}:
            found[code] = left
    return found
