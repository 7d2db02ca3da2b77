"""Records that match what is typed: found by the database's index, shown if the rooms show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db import connection
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from psa.core.actor import Actor

from .highlight import highlighted
from .kinds import BY_PAGE, KINDS, Kind, Row

SHORTEST = 2
# What the index offers a kind before visibility; who sees little of much is asked again, wider.
_CANDIDATES = 60
_ALL_CANDIDATES = 2000
MOST_RECENT = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """One record, as the asker may see it."""

    title: SafeString
    code: SafeString
    detail: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind, best first; `is_cut` when there are more."""

    key: str
    label: str
    hits: tuple[Hit, ...]
    is_cut: bool


def found(*, actor: Actor, query: str, each: int, only: str = "") -> list[Group]:
    """Up to `each` records of every kind, the kind with the best match first.

    One query for the index and one for each kind that has candidates. A record that the actor's own
    pages would not show is not among them, nor counted.
    """
    query = " ".join(query.replace("\x00", "").split())[:100]
    if len(query) < SHORTEST:
        return []
    kinds = {
        kind.key: kind
        for kind in KINDS
        if (not only or kind.key == only) and not kind.visible(actor).query.is_empty()
    }
    candidates = _candidates(query, kinds, max(_CANDIDATES, each * 2))
    words = query.split()
    groups = []
    for key, ids in candidates.items():
        rows = _visible_rows(kinds[key], actor, ids)
        if len(rows) <= each and len(ids) == max(_CANDIDATES, each * 2):
            wider = _candidates(query, {key: kinds[key]}, _ALL_CANDIDATES).get(key, [])
            rows = _visible_rows(kinds[key], actor, wider)
        if rows:
            hits = tuple(_hit(kinds[key], row, words) for row in rows[:each])
            groups.append(Group(key, gettext(kinds[key].label), hits, len(rows) > each))
    return groups


def opened(*, actor: Actor, paths: Iterable[str]) -> list[Hit]:
    """The records behind addresses of this firm's record pages, those the actor may still see."""
    asked = [_record_at(path) for path in list(paths)[: MOST_RECENT * 2]]
    by_kind: dict[str, list[int]] = defaultdict(list)
    for kind, record_id in filter(None, asked):
        by_kind[kind.key].append(record_id)
    rows: dict[tuple[str, int], tuple[Kind, Row]] = {}
    for kind in KINDS:
        if kind.key in by_kind:
            for row in _visible_rows(kind, actor, by_kind[kind.key]):
                rows[kind.key, row["id"]] = (kind, row)
    shown = [rows[one[0].key, one[1]] for one in asked if one and (one[0].key, one[1]) in rows]
    unique = {(kind.key, row["id"]): (kind, row) for kind, row in shown}
    return [_hit(kind, row, []) for kind, row in list(unique.values())[:MOST_RECENT]]


def _candidates(query: str, kinds: dict[str, Kind], limit: int) -> dict[str, list[int]]:
    """Ids by kind, best first; the kinds in the order of their best."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, record_id FROM psa_search(%s, %s, %s)", [query, list(kinds), limit]
        )
        ids: dict[str, list[int]] = {}
        for key, record_id in cursor.fetchall():
            ids.setdefault(key, []).append(record_id)
    return {key: list(dict.fromkeys(found)) for key, found in ids.items()}


def _visible_rows(kind: Kind, actor: Actor, ids: Sequence[int]) -> list[Row]:
    rows = {row["id"]: row for row in kind.visible(actor).filter(pk__in=ids).values(*kind.paths)}
    return [rows[record_id] for record_id in ids if record_id in rows]


def _hit(kind: Kind, row: Row, words: list[str]) -> Hit:
    return Hit(
        title=highlighted(str(row[kind.title] or ""), words),
        code=highlighted(str(row[kind.code] or "") if kind.code else "", words),
        detail=str(row[kind.detail] or "") if kind.detail else "",
        url=kind.address(row),
        icon=kind.icon,
    )


def _record_at(path: str) -> tuple[Kind, int] | None:
    """The kind and the number of the record whose page is at the path; None for other pages."""
    prefix = get_script_prefix()
    plain = urlsplit(path).path[:300]
    if not plain.startswith(prefix):
        return None
    try:
        match = resolve("/" + plain.removeprefix(prefix))
    except Resolver404:
        return None
    kind = BY_PAGE.get(match.view_name)
    return (kind, int(match.kwargs[kind.argument])) if kind else None
