"""What the pages of one project show, as frozen rows."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.audit.selectors import ActivityRow

from .chart import BurnUpChart
from .projects import Sight


@dataclass(frozen=True, slots=True)
class ProjectHead:
    """What the head and tabs of every page of a project show."""

    id: int
    code: str
    name: str
    status: str
    account_name: str
    account_id: int | None  # only of what the reader may open
    contract_number: str
    contract_id: int | None
    health: str
    computed_health: str
    starts_on: date
    ends_on: date | None
    finishes_on: date | None
    days_late: int
    can_manage: bool
    can_copy: bool
    is_closed: bool
    next_statuses: tuple[tuple[str, str], ...]
    sight: Sight
    task_count: int
    team_count: int
    lock_version: int


@dataclass(frozen=True, slots=True)
class Phase:
    """A topmost task with what it adds up to; amounts None where hidden or unknown."""

    id: int
    outline: str
    name: str
    health: str
    is_done: bool
    complete_percent: Decimal
    actual_minutes: int
    effort_minutes: int
    remaining_minutes: int
    budget: Money | None
    eac: Money | None
    over_percent: Decimal | None
    over_band: str
    finishes_on: date | None


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """The figures at the top of a project, those hidden being None."""

    complete_percent: Decimal
    planned_percent: Decimal
    spi: Decimal | None
    cpi: Decimal | None
    behind: Money | None
    over_cost: Money | None
    eac: Money | None
    budget: Money | None
    over_percent: Decimal | None
    cost: Money | None
    actual_minutes: int
    remaining_minutes: int
    effort_minutes: int
    contract: Money | None
    unbilled: tuple[Money, ...]
    billed: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """The overview of a project."""

    head: ProjectHead
    figures: KeyFigures
    phases: tuple[Phase, ...]
    chart: BurnUpChart | None
    manager: Person
    unit_name: str
    contract_id: int | None
    description: str
    health_comment: str
    reasons: tuple[str, ...]
    approvers: tuple[Person, ...]
    team: tuple[Person, ...]
    links: tuple["LineLinkRow", ...]
    activity: tuple[ActivityRow, ...]


@dataclass(frozen=True, slots=True)
class LineLinkRow:
    id: int
    line_name: str
    transaction_class: str
    where: str  # the task; "" for the whole project


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A row of the plan grid."""

    id: int
    outline: str
    name: str
    depth: int
    kind: str
    role_name: str
    effort_minutes: int
    actual_minutes: int
    remaining_minutes: int
    complete_percent: Decimal
    starts_on: date | None
    finishes_on: date | None
    is_late: bool
    lock_version: int
    has_children: bool


@dataclass(frozen=True, slots=True)
class PlanPage:
    head: ProjectHead
    rows: tuple[PlanRow, ...]
    total: PlanRow
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team member; the agreed rate is None where hidden.

    Booked and actual minutes are of this person in this role, those booked from today on
    (`ahead_minutes`) of the person. Tasks are given to a person, whatever
    the role: a second row of the same person has None of them.
    """

    id: int
    resource_id: int
    role_id: int
    name: str
    is_generic: bool
    role_name: str
    valid_from: date
    last_on: date | None
    planned_minutes: int
    booked_how: str
    hard_minutes: int
    soft_minutes: int
    ahead_minutes: int
    tasks: tuple[str, ...] | None
    task_count: int | None
    assigned_minutes: int | None
    actual_minutes: int
    remaining_minutes: int | None
    rate: Money | None
    rate_unit: str

    @property
    def booked_minutes(self) -> int:
        return self.hard_minutes + self.soft_minutes

    @property
    def is_short(self) -> bool:
        """Whether more is left to do than is booked from today on, where anything is booked."""
        return bool(self.booked_minutes) and (self.remaining_minutes or 0) > self.ahead_minutes


@dataclass(frozen=True, slots=True)
class TeamTotals:
    """The sums of the team's rows."""

    hard_minutes: int
    soft_minutes: int
    assigned_minutes: int
    actual_minutes: int
    remaining_minutes: int


@dataclass(frozen=True, slots=True)
class TeamPage:
    head: ProjectHead
    members: tuple[TeamRow, ...]
    totals: TeamTotals
    approvers: tuple[Person, ...]
