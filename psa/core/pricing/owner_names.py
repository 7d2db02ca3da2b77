"""What the owners of price lists are called; rooms above name their own kinds of owner."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from psa.core.org.models import LegalEntity, OrgUnit

from . import owners

Names = Callable[[Iterable[int]], Mapping[int, str]]

KIND_LABELS: Final[dict[str, str]] = {
    owners.TENANT: "Whole firm",
    owners.UNIT: "Unit",
    owners.ACCOUNT: "Customer",
    owners.CONTRACT: "Contract",
    owners.QUOTE: "Quote",
    owners.VENDOR: "Vendor",
    owners.SUBCONTRACT: "Subcontract",
    owners.UNIT_PAIR: "Units",
    owners.ENTITY_PAIR: "Legal entities",
}
_registered: dict[str, Names] = {}


def register(kind: str, names: Names) -> None:
    """Say how the owners of one kind are named: ids in, id → name out, in one query."""
    _registered[kind] = names


def names_of(wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Each owner as people know it. One query per kind of owner."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    for kind, owner_id in wanted:
        by_kind[kind].add(owner_id)
    found: dict[tuple[str, int], str] = {}
    for kind, ids in by_kind.items():
        names = _names_of_kind(kind, ids)
        for owner_id in ids:
            label = KIND_LABELS.get(kind, kind)
            name = names.get(owner_id) or (str(owner_id) if owner_id else "")
            found[kind, owner_id] = f"{label} {name}".strip()
    return found


def _names_of_kind(kind: str, ids: set[int]) -> Mapping[int, str]:
    if kind == owners.UNIT:
        return dict(OrgUnit.objects.filter(pk__in=ids).values_list("id", "name"))
    if kind in (owners.UNIT_PAIR, owners.ENTITY_PAIR):
        model = OrgUnit if kind == owners.UNIT_PAIR else LegalEntity
        pairs = {owner_id: owners.pair_of(owner_id) for owner_id in ids}
        wanted = {one for pair in pairs.values() for one in pair}
        names = dict(model.objects.filter(pk__in=wanted).values_list("id", "name"))
        return {
            owner_id: f"{names.get(lender, lender)} → {names.get(borrower, borrower)}"
            for owner_id, (lender, borrower) in pairs.items()
        }
    names_of_room = _registered.get(kind)
    return names_of_room(ids) if names_of_room else {}
