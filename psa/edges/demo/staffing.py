"""Who works on which engagement, and how many hours that comes to: the plan the demo firm sells by.

The hours are those that `history` will book, so that a project's plan, budget and price fit what is
done on it; its course then says how far it strays. Pure: the same deals and people, the same plan.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from .engagements import Deal
from .people import Person

# Of a working day of eight hours: what is left after internal work, short days and days off.
CLIENT_MINUTES_PER_DAY: Final = 370
PARALLEL_DEALS: Final = 2
# A young project's plan rests on the whole simulation, an older one's on what was really worked.
SHARE_TO_TRUST: Final = 0.15


@dataclass(frozen=True, slots=True)
class Staffing:
    """The manager, the team (with the manager), planned minutes by person, and how much is done."""

    manager_code: str
    team: tuple[Person, ...]
    minutes: dict[str, int]
    elapsed: float

    @property
    def hours(self) -> int:
        return sum(self.minutes.values()) // 60


def staffed(
    deals: Sequence[Deal], staff: Sequence[Person], *, today_on: date
) -> dict[int, Staffing]:
    """Per deal number: its team, picked by who is free, and the minutes they will book on it."""
    teams = _teams(deals, staff)
    booked = _booked(deals, teams, today_on)
    return {
        deal.number: Staffing(
            teams[deal.number][0].code,
            tuple(teams[deal.number]),
            _planned(deal, booked[deal.number], today_on),
            elapsed_share(deal.starts_on, deal.ends_on, min(deal.ends_on, today_on)),
        )
        for deal in deals
    }


def _teams(deals: Sequence[Deal], staff: Sequence[Person]) -> dict[int, list[Person]]:
    """The entity's people with the fewest engagements at that time, and one colleague from abroad."""
    managers: dict[str, list[Person]] = defaultdict(list)
    able = []
    for person in staff:
        if "project_manager" in person.access:
            managers[person.entity].append(person)
        elif person.job_role != "office":
            able.append(person)
    busy: dict[str, list[Deal]] = defaultdict(list)
    teams = {}
    for deal in deals:
        entity = deal.customer.entity_code
        order = Random(f"team-{deal.number}").sample(able, len(able))
        order.sort(key=lambda person: _overlaps(busy[person.code], deal))
        own = [person for person in order if person.entity == entity][: deal.team_size]
        abroad = [person for person in order if person.entity != entity][:1]
        leaders = managers[entity]
        team = [leaders[deal.number % len(leaders)], *own, *abroad]
        for person in team:
            busy[person.code].append(deal)
        teams[deal.number] = team
    return teams


def _overlaps(others: Sequence[Deal], deal: Deal) -> int:
    return sum(
        1 for other in others if other.starts_on <= deal.ends_on and deal.starts_on <= other.ends_on
    )


@dataclass(slots=True)
class _Booked:
    """Minutes by person until yesterday and in all."""

    done: dict[str, float]
    whole: dict[str, float]


def _booked(
    deals: Sequence[Deal], teams: dict[int, list[Person]], today_on: date
) -> dict[int, _Booked]:
    """A day of a person goes to their engagements of that day in equal parts."""
    found = {deal.number: _Booked(defaultdict(float), defaultdict(float)) for deal in deals}
    on: dict[str, list[Deal]] = defaultdict(list)
    for deal in deals:
        for person in teams[deal.number]:
            on[person.code].append(deal)
    first = min(deal.starts_on for deal in deals)
    last = max(deal.ends_on for deal in deals)
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if day.weekday() >= 5:
            continue
        for code, theirs in on.items():
            able = [deal for deal in theirs if deal.starts_on <= day <= deal.ends_on]
            for deal in able:
                booked = found[deal.number]
                booked.whole[code] += CLIENT_MINUTES_PER_DAY / len(able)
                if day < today_on:
                    booked.done[code] += CLIENT_MINUTES_PER_DAY / len(able)
    return found


def _planned(deal: Deal, booked: _Booked, today_on: date) -> dict[str, int]:
    elapsed = elapsed_share(deal.starts_on, deal.ends_on, min(deal.ends_on, today_on))
    if elapsed >= SHARE_TO_TRUST:
        minutes = {code: done / elapsed for code, done in booked.done.items()}
    else:
        minutes = dict(booked.whole)
    factor = deal.course.contingency
    return {code: round(value * factor / 60) * 60 for code, value in minutes.items()}


def elapsed_share(starts_on: date, ends_on: date, on: date) -> float:
    """Weekdays up to and including ``on`` ÷ weekdays of the term, 0 to 1."""
    whole = _weekdays(starts_on, ends_on)
    return min(1.0, _weekdays(starts_on, min(on, ends_on)) / whole) if whole else 1.0


def _weekdays(from_on: date, until_on: date) -> int:
    days = (until_on - from_on).days + 1
    if days <= 0:
        return 0
    weeks, rest = divmod(days, 7)
    return weeks * 5 + sum(1 for n in range(rest) if (from_on.weekday() + n) % 7 < 5)
