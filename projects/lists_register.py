"""The lists of the register: of one kind, of one project, of all projects."""

from dataclasses import replace

from django.urls import reverse

from psa.core.web import states
from psa.core.web.lists import (
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.lists.spec import Filter
from psa.core.web.states import State

from .models import RegisterEntry
from .rules import register as rules
from .selectors.projects import Sight
from .selectors.register import RegisterRow

Kind = RegisterEntry.Kind
STATUS_STATES: dict[str, State] = {
    rules.OPEN: State("Open", icon="circle-dashed"),
    rules.IN_PROGRESS: State("In progress", "go", icon="progress"),
    rules.OCCURRED: State("Occurred", "bad", icon="alert-square"),
    rules.SUBMITTED: State("With the client", "go", icon="send"),
    rules.APPROVED: states.APPROVED,
    rules.AMENDED: State("In the contract", "ok", icon="circle-check-filled"),
    rules.RESOLVED: State("Resolved", "ok", icon="circle-check"),
    rules.DONE: states.DONE,
    rules.DECIDED: State("Decided", "ok", icon="circle-check"),
    rules.REJECTED: State("Rejected", "bad", icon="arrow-back-up"),
    rules.CANCELLED: states.CANCELLED,
    rules.CLOSED: states.CLOSED,
}
SEVERITY_STATES: dict[str, State] = {
    "high": State("High", "bad", icon="alert-square"),
    "medium": State("Medium", "warn", icon="clock-exclamation"),
    "low": State("Low", "ok", icon="circle-check"),
}
PRIORITY_STATES: dict[str, State] = {
    "critical": State("Critical", "bad", icon="alert-square"),
    "high": State("High", "warn", icon="clock-exclamation"),
    "medium": State("Medium", icon="circle-dashed"),
    "low": State("Low", icon="circle-minus"),
}
KIND_STATES: dict[str, State] = {
    kind: State(str(RegisterEntry.Kind(kind).label), icon="circle-dashed") for kind in Kind.values
}
KIND_PLURALS: dict[str, str] = {
    rules.RISK: "Risks",
    rules.ISSUE: "Issues",
    rules.ACTION: "Actions",
    rules.DECISION: "Decisions",
    rules.CHANGE: "Change requests",
}
_LEVELS = [(str(level), str(level)) for level in rules.LEVELS]


def _is_open(row: RegisterRow) -> bool:
    return not row.is_ended


def _is_overdue(row: RegisterRow) -> bool:
    return row.is_overdue


def _is_mine(row: RegisterRow) -> bool:
    return row.is_mine and not row.is_ended


def _is_shown(row: RegisterRow) -> bool:
    return row.is_client_visible


def _url(row: RegisterRow) -> str:
    return reverse("projects:register_entry", args=[row.id])


_CODE = Column("code", "No.", kind="code", sort="code")
_TITLE = Column("title", "Title", kind="link", sort="title")
_KIND = Column("kind", "Kind", kind="state", states=KIND_STATES, sort="kind")
_PROJECT = Column("project_name", "Project", sort="project_name", group=True)
_REST = (
    Column("owner_name", "Owner", kind="person", sort="owner_name", phone=False),
    Column("due_on", "Due", kind="date", sort="due_on"),
    Column("status", "Status", kind="state", states=STATUS_STATES, sort="status"),
    Column(
        "is_client_visible", "Client", kind="flag", phone=False,
        states={True: State("Shown", icon="eye-check")},
        hint="Shown to the client",
    ),
    Column("raised_on", "Raised", kind="date", sort="raised_on", shown=False),
    Column("ended_on", "Ended", kind="date", sort="ended_on", shown=False),
)  # fmt: skip
_RISK = (
    Column("severity", "Level", kind="state", states=SEVERITY_STATES),
    Column("score", "Score", kind="number", sort="score", places=0,
           hint="Probability × impact, 1 to 25"),
    Column("probability", "P", kind="number", sort="probability", places=0, hint="Probability",
           phone=False),
    Column("impact", "I", kind="number", sort="impact", places=0, hint="Impact",
           phone=False),
)  # fmt: skip
_RISK_COST = (
    Column("impact_amount", "Cost", kind="money", sort="impact_amount", places=0, phone=False,
           hint="Cost if it happens"),
    Column("exposure", "Exposure", kind="money", sort="exposure", places=0, total=True,
           hint="Cost × probability; open risks alone"),
)  # fmt: skip
_ISSUE = (
    Column("priority", "Priority", kind="state", states=PRIORITY_STATES, sort="priority_order"),
    Column("is_escalated", "Escalated", kind="flag", phone=False,
           states={True: State("Escalated", "warn", icon="alert-square")}),
)  # fmt: skip
_CHANGE = (
    Column("delay_days", "Days", kind="number", sort="delay_days", places=0,
           hint="Effect on the finish, in working days"),
    Column("amendment_reference", "Amendment", phone=False),
)  # fmt: skip
_PRICE = Column("price", "Price", kind="money", sort="price", places=0, total=True)

_BASE = ListSpec(
    key="register",
    title="Register",
    noun=("entry", "entries"),
    crumbs=(("Plan", None),),
    columns=(),
    views=(
        View("open", "Open", keep=_is_open, count=True),
        View("mine", "Mine", keep=_is_mine, count=True),
        View("overdue", "Overdue", keep=_is_overdue, count=True),
        View("client", "Shown to the client", keep=_is_shown),
        View("all", "All"),
    ),
    search=("title", "code", "owner_name"),
    search_label="Filter by title, number or owner",
    order="due_on",
    row_url=_url,
    empty=Empty(
        "Nothing in the register", "Risks, issues, actions, decisions and change requests.",
        icon="flag",
    ),
)  # fmt: skip
_FILTERS = (
    TextFilter("owner_name", "Owner"),
    ChoiceFilter("status", "Status", choices=RegisterEntry.Status.choices),
    DateRangeFilter("due_on", "Due"),
    BoolFilter("is_client_visible", "Shown to the client"),
)


def register_list(kind: str | None, sight: Sight) -> ListSpec:
    """A project's register, of one kind or of all; amounts only for who may see them."""
    columns = [_CODE, *([] if kind else [_KIND]), _TITLE]
    filters: list[Filter] = list(_FILTERS)
    order = "due_on"
    if kind == rules.RISK:
        columns += _RISK
        columns += _RISK_COST if sight.cost else ()
        order = "-score"
        filters += [
            ChoiceFilter("severity", "Level", choices=[(k, s.label) for k, s in
                                                       SEVERITY_STATES.items()]),
            ChoiceFilter("probability", "Probability", choices=_LEVELS),
            ChoiceFilter("impact", "Impact", choices=_LEVELS),
            ChoiceFilter("risk_type", "Type", choices=RegisterEntry.RiskType.choices),
        ]  # fmt: skip
    elif kind == rules.ISSUE:
        columns += _ISSUE
        order = "priority_order"
        filters.append(ChoiceFilter("priority", "Priority", choices=RegisterEntry.Priority.choices))
    elif kind == rules.CHANGE:
        columns += _CHANGE
        columns += [_PRICE] if sight.bill else []
    else:
        filters.append(ChoiceFilter("kind", "Kind", choices=RegisterEntry.Kind.choices))
    title = KIND_PLURALS[kind] if kind else "Register"
    return replace(
        _BASE,
        key=f"register-{kind or 'all'}",
        title=title,
        columns=(*columns, *_REST),
        filters=tuple(filters),
        order=order,
    )


REGISTERS = replace(
    _BASE,
    key="registers",
    title="Risks and issues",
    columns=(_CODE, _KIND, _TITLE, _PROJECT, _RISK[0], _ISSUE[0], *_REST),
    filters=(
        ChoiceFilter("kind", "Kind", choices=RegisterEntry.Kind.choices),
        TextFilter("project_name", "Project"),
        ChoiceFilter("priority", "Priority", choices=RegisterEntry.Priority.choices),
        ChoiceFilter(
            "severity", "Level", choices=[(k, s.label) for k, s in SEVERITY_STATES.items()]
        ),
        *_FILTERS,
    ),
    search=("title", "code", "owner_name", "project_name"),
    search_label="Filter by title, number, owner or project",
)
