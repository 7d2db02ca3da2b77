"""Which people of the firm an imported plan means by their names."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from psa.core.org.models import Resource


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person of the firm, in their own role."""

    id: int
    name: str
    role_id: int


def people_named(names: Iterable[str]) -> dict[str, NamedPerson]:
    """Per name as given, the one person employed who has it, whatever its case; two of one name are
    nobody. One query."""
    found: dict[str, list[NamedPerson]] = defaultdict(list)
    for person in Resource.objects.filter(employed_until__isnull=True).values_list(
        "id", "name", "job_role_id"
    ):
        found[_plain(person[1])].append(NamedPerson(*person))
    return {name: known[0] for name in names if len(known := found[_plain(name)]) == 1}


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
