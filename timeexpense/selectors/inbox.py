"""The approver's page: exceptions one by one, late work apart, what is clean in groups; journeys."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moneyed import Money

from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.documents.models import Document
from psa.core.notifications.services import zone_of
from psa.core.org import selectors as org
from timeexpense import policies
from timeexpense.rules.week import week_of

from . import policy
from .approvals import SHOWN, Finding, Waiting, waiting_expenses, waiting_time
from .deadlines import cutoff_passed
from .expenses import RECEIPT_OF
from .recalls import RecallRequest, recall_requests
from .travel import WaitingJourney, waiting_journeys
from .waiting import kinds_with_exceptions, past_cutoff_count, waiting_counts

KINDS = ("time", "expense", "travel")


@dataclass(frozen=True, slots=True)
class Group:
    """Clean entries of one person and week, or of one project."""

    title: str
    note: str
    entries: tuple[Waiting, ...]

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    @property
    def amounts(self) -> tuple[Money, ...]:
        """What its expenses come to, a sum for each currency."""
        sums: dict[str, Money] = {}
        for amount in (entry.amount for entry in self.entries if entry.amount is not None):
            code = amount.currency.code
            sums[code] = sums[code] + amount if code in sums else amount
        return tuple(sums.values())

    @property
    def count(self) -> int:
        return len(self.entries)

    @property
    def keys(self) -> str:
        return " ".join(entry.key for entry in self.entries)

    @property
    def first(self) -> Waiting:
        return self.entries[0]


@dataclass(frozen=True, slots=True)
class InboxPage:
    kind: str
    by: str
    exceptions: tuple[Waiting, ...]
    late: tuple[Waiting, ...]
    clean: tuple[Group, ...]
    requests: tuple[RecallRequest, ...]
    counts: dict[str, int]
    past_cutoff: int = 0
    stands_in_for: tuple[str, ...] = ()
    chosen: Waiting | None = None
    receipts: tuple[Any, ...] = ()
    flags: tuple[policy.FlagToSee, ...] = ()
    is_cut: bool = False
    journeys: tuple[WaitingJourney, ...] = ()
    journey: WaitingJourney | None = None

    @property
    def entries(self) -> list[Waiting]:
        return [
            *self.exceptions,
            *self.late,
            *(entry for group in self.clean for entry in group.entries),
        ]

    @property
    def keys(self) -> list[str]:
        """Of what is listed, in its order: entries, or journeys."""
        return [entry.key for entry in self.entries] or [one.key for one in self.journeys]

    @property
    def chosen_key(self) -> str:
        one = self.chosen or self.journey
        return one.key if one else ""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of the chosen entry, besides what is to be acknowledged."""
        to_see = {flag.code for flag in self.flags}
        found = self.chosen.findings if self.chosen else ()
        return tuple(one for one in found if one.code not in to_see)

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    @property
    def exception_minutes(self) -> int:
        return sum(entry.minutes for entry in self.exceptions)

    @property
    def late_minutes(self) -> int:
        return sum(entry.minutes for entry in self.late)

    @property
    def clean_minutes(self) -> int:
        return sum(group.minutes for group in self.clean)

    @property
    def clean_count(self) -> int:
        return sum(group.count for group in self.clean)

    @property
    def clean_keys(self) -> str:
        return " ".join(group.keys for group in self.clean)

    @property
    def people_count(self) -> int:
        return len({entry.resource_id for group in self.clean for entry in group.entries})


def inbox_page(
    *, actor: Actor, at: datetime, zone: str = "", kind: str = "", by: str = "person",
    chosen: str = "",
) -> InboxPage:  # fmt: skip
    """What waits for the actor, and recall requests. `zone` is where the actor is.

    Without a kind it is the first with exceptions, else the first of which something waits.
    """
    counts = waiting_counts(actor)
    kind = kind if kind in KINDS else _first_kind(actor, counts)
    cut = counts[kind] > SHOWN
    rows = _entries(actor, kind, SHOWN if cut else None) if counts[kind] else []
    journeys = (
        waiting_journeys(actor=actor, today=at.astimezone(zone_of(zone)).date(), most=SHOWN)
        if kind == "travel" and counts[kind]
        else ()
    )
    requests = recall_requests(actor=actor)
    exceptions = tuple(row for row in rows if row.findings)
    late = tuple(row for row in rows if row.late is not None and not row.findings)
    groups = _groups([row for row in rows if row.is_clean], by)
    shown = [*exceptions, *late, *(row for group in groups for row in group.entries)]
    one = next((row for row in shown if row.key == chosen), shown[0] if shown else None)
    return InboxPage(
        kind=kind,
        by=by,
        exceptions=exceptions,
        late=late,
        clean=groups,
        requests=requests,
        counts=counts | {"requests": len(requests)},
        past_cutoff=past_cutoff(actor=actor, at=at, zone=zone) if sum(counts.values()) else 0,
        stands_in_for=_names(policies.stands_in_for(actor)),
        chosen=one,
        receipts=_receipts(one),
        flags=policy.flags_to_see(one.id, actor=actor)
        if one is not None and one.kind == "expense"
        else (),
        is_cut=cut,
        journeys=journeys,
        journey=next((row for row in journeys if row.key == chosen), next(iter(journeys), None)),
    )


def _first_kind(actor: Actor, counts: Mapping[str, int]) -> str:
    waiting = [kind for kind in KINDS if counts[kind]]
    if len(waiting) > 1:
        first = kinds_with_exceptions(actor)
        waiting.sort(key=lambda kind: kind not in first)
    return next(iter(waiting), "time")


def _entries(actor: Actor, kind: str, most: int | None) -> list[Waiting]:
    if kind == "travel":
        return []
    read = waiting_expenses if kind == "expense" else waiting_time
    return read(actor=actor, most=most)


def past_cutoff(*, actor: Actor, at: datetime, zone: str) -> int:
    """How many entries of weeks past the cut-off still wait for the actor. One query."""
    return past_cutoff_count(actor=actor, before=cutoff_passed(at=at, zone=zone_of(zone)))


def _names(member_ids: Sequence[int]) -> tuple[str, ...]:
    if not member_ids:
        return ()
    rows = Membership.objects.filter(id__in=member_ids).order_by("name")
    return tuple(rows.values_list("name", flat=True))


def _groups(rows: Sequence[Waiting], by: str) -> tuple[Group, ...]:
    starts = org.parameters().week_starts_on
    found: dict[tuple[Any, ...], list[Waiting]] = defaultdict(list)
    for row in rows:
        week = week_of(row.on, starts_weekday=starts)
        key = (
            (row.project, row.project_id)
            if by == "project"
            else (row.person, row.resource_id, week.starts_on)
        )
        found[key].append(row)
    groups = []
    for key, entries in sorted(found.items(), key=lambda item: item[0]):
        other = {row.person if by == "project" else row.project for row in entries}
        groups.append(Group(key[0], ", ".join(sorted(other)), tuple(entries)))
    return tuple(groups)


def _receipts(one: Waiting | None) -> tuple[Any, ...]:
    if one is None or one.kind != "expense":
        return ()
    return tuple(
        Document.objects.filter(record_type=RECEIPT_OF, record_id=one.id)
        .order_by("id")
        .values("id", "filename", "size")
    )
