"""Which milestone of an amended schedule is which of the standing one."""

from collections.abc import Sequence


def paired(standing: Sequence[str], wanted: Sequence[str]) -> list[int | None]:
    """For each name wanted, the place of the standing milestone that it is; None for a new one.

    Equal names first; what is left is renamed in order, so that no milestone loses what hangs on it
    without need.
    """
    free = list(range(len(standing)))
    found: list[int | None] = [None] * len(wanted)
    for index, name in enumerate(wanted):
        same = next((place for place in free if standing[place] == name), None)
        if same is not None:
            found[index] = same
            free.remove(same)
    for index, place in enumerate(found):
        if place is None and free:
            found[index] = free.pop(0)
    return found
