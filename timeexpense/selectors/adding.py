"""What may be added to the week: favourites, recent rows, everything else, and its variants."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from projects.selectors import BookableProject
from psa.core.org.models import JobRole, Resource, TransactionCategory
from timeexpense.models import FavouriteWork, TimeEntry

from .rows import BILLING_WORDS, Choice, Names, RowKey, UsualRoles, choices_of, key_of_work

RECENT = 6


@dataclass(frozen=True, slots=True)
class RoleChoice:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Adding:
    """The chooser: rows at hand first, then all that can be booked, then what varies a row."""

    favourites: tuple[Choice, ...]
    recent: tuple[Choice, ...]
    choices: tuple[Choice, ...]
    activities: tuple[str, ...]
    roles: tuple[RoleChoice, ...]
    allows_billing_type: bool

    @property
    def billing_types(self) -> tuple[tuple[str, str], ...]:
        return tuple(BILLING_WORDS.items()) if self.allows_billing_type else ()


def favourite_keys(resource: Resource) -> list[RowKey]:
    """The person's favourites, oldest first. One query."""
    return [
        key_of_work(row)
        for row in FavouriteWork.objects.filter(resource_id=resource.pk).order_by("id")
    ]


def recent_keys(entries: Sequence[TimeEntry], usual: UsualRoles) -> list[RowKey]:
    """Rows of these entries, the last worked first."""
    latest = sorted(entries, key=lambda row: (row.work_on, row.pk), reverse=True)
    return list(dict.fromkeys(usual.row_of(row) for row in latest))


def open_work(bookable: Sequence[BookableProject]) -> set[tuple[int, int | None]]:
    """(project, task) that may be booked on, each project without a task among them."""
    found: set[tuple[int, int | None]] = {(project.id, None) for project in bookable}
    found |= {(p.id, task.id) for p in bookable for task in p.tasks if not task.is_summary}
    return found


def adding(
    *,
    bookable: Sequence[BookableProject],
    favourites: Iterable[RowKey],
    recent: Iterable[RowKey],
    in_grid: Collection[RowKey],
    names: Names,
    allows_billing_type: bool,
) -> Adding:
    """The chooser of a week, without the favourites and recent rows that stand in it already.

    One query for activities, and one for roles of those who have several on a team.
    """
    may_book = open_work(bookable)

    def chosen(keys: Iterable[RowKey], besides: Collection[RowKey]) -> list[RowKey]:
        return [
            key
            for key in keys
            if key not in besides
            and (key.project_id, key.task_id) in may_book
            and names.knows(key)
            and (allows_billing_type or not key.billing_type)
        ]

    at_hand = chosen(favourites, in_grid)
    lately = chosen(recent, {*in_grid, *at_hand})[:RECENT]
    several = {role_id for p in bookable if len(set(p.role_ids)) > 1 for role_id in p.role_ids}
    roles = JobRole.objects.filter(id__in=several).order_by("name") if several else ()
    return Adding(
        favourites=tuple(names.choice(key) for key in at_hand),
        recent=tuple(names.choice(key) for key in lately),
        choices=choices_of(bookable),
        activities=activities(),
        roles=tuple(RoleChoice(role.pk, role.name) for role in roles),
        allows_billing_type=allows_billing_type,
    )


def activities() -> tuple[str, ...]:
    """The firm's kinds of time, by name: its categories of the class time. One query."""
    return tuple(
        TransactionCategory.objects.filter(transaction_class="time", is_active=True)
        .order_by("name")
        .values_list("name", flat=True)
    )
