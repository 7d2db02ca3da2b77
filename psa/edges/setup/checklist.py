"""Is the firm ready? Live checks over its set-up, each with a link to the page that mends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psa.core.web.states import State

from . import readiness_checks as find
from .readiness_checks import Finding

OK, WARN, BAD = "ok", "warn", "bad"
STATES: Final = {
    OK: State("Ready", "ok", icon="circle-check"),
    WARN: State("Look at it", "warn", icon="alert-triangle"),
    BAD: State("Stops work", "bad", icon="alert-square"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist, with the page that mends it."""

    key: str
    group: str
    title: str
    state: State
    tone: str
    count: int
    examples: tuple[str, ...]
    note: str
    url_name: str
    link: str


@dataclass(frozen=True, slots=True)
class _Asked:
    key: str
    group: str
    title: str
    find: Callable[[datetime], Finding]
    worst: str
    url_name: str
    link: str


def checks(*, at: datetime) -> list[Check]:
    """All checks at this instant, in the order in which a firm is set up."""
    return [_checked(asked, asked.find(at)) for asked in _ALL]


def _checked(asked: _Asked, found: Finding) -> Check:
    tone = asked.worst if found.count else OK
    return Check(
        asked.key,
        asked.group,
        asked.title,
        STATES[tone],
        tone,
        found.count,
        found.examples,
        found.note,
        asked.url_name,
        asked.link,
    )


_ALL: Final = (
    _Asked("entities", "Organisation", "Legal entities can invoice", find.entities_incomplete, BAD,
           "setup:entity_list", "Legal entities"),
    _Asked("calendars", "Organisation", "Calendars have hours and holidays", find.calendars_empty, BAD,
           "setup:calendar_list", "Calendars"),
    _Asked("staff", "Organisation", "Somebody does chargeable work", find.nobody_to_sell, BAD,
           "setup:person_list", "Staff records"),
    _Asked("sign_in", "Organisation", "Everybody who books can sign in", find.people_without_sign_in,
           WARN, "setup:person_list", "Staff records"),
    _Asked("gone", "Organisation", "Nobody inactive is on a team", find.people_gone, WARN,
           "setup:person_list", "Staff records"),
    _Asked("roles", "Users", "Every user has a role", find.users_without_roles, WARN,
           "setup:user_list", "Users"),
    _Asked("duties", "Users", "Every duty is somebody's", find.duties_of_nobody, BAD,
           "setup:user_list", "Users"),
    _Asked("prices", "Prices and rates", "Every active role is priced", find.prices_missing, BAD,
           "pricing:list_list", "Price lists"),
    _Asked("rates", "Prices and rates", "Exchange rates are up to date", find.rates_old, BAD,
           "setup:rate_list", "Exchange rates"),
    _Asked("categories", "Books", "Every category has its accounts", find.categories_unposted, BAD,
           "setup:category_list", "Categories"),
    _Asked("profiles", "Books", "Every posting has an account", find.slots_unposted, BAD,
           "setup:profile_list", "Posting profiles"),
    _Asked("tax", "Books", "Tax is set up", find.taxes_missing, BAD,
           "setup:tax_code_list", "Tax codes"),
    _Asked("series", "Books", "Invoices have a number series", find.series_missing, BAD,
           "setup:entity_list", "Legal entities"),
    _Asked("periods", "Books", "Fiscal periods are open", find.periods_missing, BAD,
           "ledger:period_list", "Fiscal periods"),
    _Asked("approvers", "Work", "Every project has an approver", find.projects_without_approver, BAD,
           "projects:project_list", "Projects"),
    _Asked("own_time", "Work", "Managers' own time has an approver", find.approvers_of_themselves, WARN,
           "projects:project_list", "Projects"),
    _Asked("schedules", "Running", "Schedules run", find.schedules_stopped, WARN,
           "jobs:schedule_list", "Schedules"),
    _Asked("controls", "Running", "Manual controls are acknowledged", find.controls_waiting, WARN,
           "setup:control_list", "Manual controls"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Summary:
    """How ready the firm is, in three numbers."""

    ready: int
    warnings: int
    stops: int


def summary_of(found: Sequence[Check]) -> Summary:
    """Of checks: how many are ready, worth a look, and stop work."""
    tones = [check.tone for check in found]
    return Summary(tones.count(OK), tones.count(WARN), tones.count(BAD))
