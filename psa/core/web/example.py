"""Invented data of the page `web:style`."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django import forms
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from moneyed import Money

from psa.core.web import states
from psa.core.web.activity import ActivityEntry
from psa.core.web.forms import AmountField, DateField, MinutesField
from psa.core.web.lists import (
    Action,
    BoolFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.progress import JobProgress


@dataclass(frozen=True, slots=True)
class ProjectRow:
    id: int
    name: str
    customer: str
    manager: str
    state: str
    health: str
    complete_percent: Decimal
    contract_amount: Money
    minutes: int
    margin_percent: Decimal | None
    ends_on: date
    is_disputed: bool = False


PROJECT_STATES = {
    "draft": states.DRAFT,
    "active": states.ACTIVE,
    "on_hold": states.ON_HOLD,
    "closed": states.CLOSED,
}
STATES = (
    states.DRAFT,
    states.RUNNING,
    states.IN_REVIEW,
    states.CONFIRMED,
    states.SENT,
    states.PAID,
    states.OVERDUE,
    states.RETURNED,
    states.CANCELLED,
    states.CLOSED,
)
_NAMES = (
    ("Claims portal redesign", "Nordhaven Versicherung", "Priya Raman", "active", "bad", "EUR"),
    ("ERP core rollout", "Kessler Maschinenbau", "Priya Raman", "active", "warn", "EUR"),
    ("Integration hub", "Brandt Logistik", "Tomas Keller", "active", "warn", "EUR"),
    ("Plant data platform", "Kessler Maschinenbau", "Amara Nwosu", "active", "ok", "EUR"),
    ("Service cloud", "Ostsee Energie", "Priya Raman", "on_hold", "ok", "EUR"),
    ("Dealer portal", "Vantaa Retail", "Jonas Weiss", "draft", "none", "EUR"),
    ("Data warehouse", "Castell Mutual", "Owen Thorne", "active", "warn", "GBP"),
    ("Policy engine migration", "Castell Mutual", "Nadia Farouk", "closed", "ok", "GBP"),
)


def project_rows() -> list[ProjectRow]:
    """Eight projects in two currencies."""
    return [
        ProjectRow(
            id=at,
            name=name,
            customer=customer,
            manager=manager,
            state=state,
            health=health,
            complete_percent=Decimal((at * 13) % 100),
            contract_amount=Money(Decimal(92_000 + at * 61_500), currency),
            minutes=at * 4_530,
            margin_percent=None if health == "none" else Decimal(382 - at * 14) / 10,
            ends_on=date(2026, 6 + at % 6, 4 + at * 2),
            is_disputed=at == 2,
        )
        for at, (name, customer, manager, state, health, currency) in enumerate(_NAMES, start=1)
    ]


PROJECTS = ListSpec(
    key="projects",
    title="Projects",
    noun=("project", "projects"),
    columns=(
        Column("health", "Health", kind="health", sort="health"),
        Column("name", "Project", kind="link", sort="name"),
        Column("customer", "Customer", sort="customer"),
        Column("manager", "Manager", kind="person", sort="manager"),
        Column("state", "State", kind="state", states=PROJECT_STATES),
        Column("complete_percent", "Complete", kind="meter", sort="complete_percent"),
        Column(
            "contract_amount",
            "Contract",
            kind="money",
            sort="contract_amount",
            total=True,
            places=0,
            why=lambda row: reverse("web:style_trace"),
        ),
        Column("minutes", "Hours", kind="hours", sort="minutes", total=True),
        Column("margin_percent", "Margin", kind="percent", sort="margin_percent"),
        Column("ends_on", "Ends", kind="date", sort="ends_on"),
        Column("id", "Number", kind="number", shown=False),
    ),
    filters=(
        ChoiceFilter(
            "state", "State", choices=[(key, state.label) for key, state in PROJECT_STATES.items()]
        ),
        DateRangeFilter("ends_on", "Ends"),
        TextFilter("customer", "Customer"),
        BoolFilter("is_disputed", "Disputed"),
    ),
    views=(
        View("all", "All", count=True),
        View("risk", "At risk", keep=lambda row: row.health in ("warn", "bad"), count=True),
    ),
    search=("name", "customer"),
    search_label="Filter by name or customer",
    order="name",
    row_url=lambda row: f"{reverse('web:style')}?project={row.id}",
    actions=(Action("New project", "web:style_form", key="c", icon="plus", primary=True),),
    bulk=(
        BulkAction(
            "Ask for status report",
            "web:style_bulk",
            icon="report-analytics",
            confirm="Ask the managers of {count} projects for a status report?",
        ),
    ),
    empty=Empty("No projects yet", "A project comes from a signed quote.", icon="folder"),
    page_size=6,
)

FIGURES = {
    "contract": Money("586500.00", "EUR"),
    "negative": Money("-1536.5", "EUR"),
    "yen": Money("1184000", "JPY"),
    "dinar": Money("12.345", "KWD"),
    "minutes": 16_095,
    "share": Decimal("0.302"),
    "day": date(2026, 7, 9),
    "at": datetime(2026, 7, 9, 14, 5, tzinfo=UTC),
    "none": None,
}

ACTIVITY = (
    ActivityEntry(
        "Rae Lindholm",
        "proposed Ines Duarte for",
        datetime(2026, 7, 9, 9, 12, tzinfo=UTC),
        object_label="Data engineer",
    ),
    ActivityEntry(
        "Lukas Hoffmann",
        "wrote on",
        datetime(2026, 7, 8, 15, 20, tzinfo=UTC),
        object_label="Open items",
        quote="The legacy extract misses closed items before 2019. We keep them out.",
    ),
    ActivityEntry(
        "Priya Raman",
        "set remaining hours from 430 to 512",
        datetime(2026, 7, 7, 16, 5, tzinfo=UTC),
    ),
)

TRACE = (
    ("Price list", "Customer list Kessler, valid from 1 Jan 2026"),
    ("Role and unit", "Senior consultant, Delivery DACH"),
    ("Price per hour", Money("148", "EUR")),
    ("Hours", 7 * 60 + 30),
    ("Amount", Money("1110", "EUR")),
)


class ExampleForm(forms.Form):
    """One field of each kind."""

    project = forms.ChoiceField(choices=[("1", "ERP core rollout"), ("2", "Identity migration")])
    worked_on = DateField(label="Date")
    minutes = MinutesField(label="Hours", help_text="7:30, 7.5, 7,5 or 90m", max_minutes=24 * 60)
    amount = AmountField(currency="EUR", required=False, help_text="Rate of 1 July, ECB")
    note = forms.CharField(widget=forms.Textarea, required=False)
    is_chargeable = forms.BooleanField(label="Chargeable", required=False)
    scope = forms.ChoiceField(
        label="Applies to",
        choices=[("one", "This entry"), ("all", "All entries of the week")],
        widget=forms.RadioSelect,
    )


def refused_form() -> ExampleForm:
    """The form as it comes back: two fields wrong, what was typed kept."""
    form = ExampleForm(
        {"project": "2", "worked_on": "2026-07-09", "minutes": "7,5x", "scope": "one"},
        auto_id="refused_%s",
    )
    form.add_error("project", "Contract C-0088 is on hold since 2 July. Choose another project.")
    return form


def running_job(step: int) -> JobProgress:
    """A job of twelve steps that ends by itself when polled."""
    done = min(step, 12)
    return JobProgress(
        id="example",
        title="Billing run, week 27",
        state="done" if done == 12 else "running",
        done=done,
        total=12,
        poll_url=f"{reverse('web:style_job')}?step={done + 1}",
        result_url=reverse("web:style"),
    )


def _job(state: str, done: int, total: int | None, note: str = "", *log: str) -> JobProgress:
    return JobProgress(
        id=f"example-{state}",
        title="Export 18 projects",
        state=state,
        done=done,
        total=total,
        poll_url="",
        note=note,
        log=log,
    )


JOBS = SimpleLazyObject(
    lambda: (
        _job("failed", 7, 18, "The 8th project has no price list. Add one and run it again."),
        _job("cancelled", 4, 18, "Cancelled. What was done stays."),
        _job("done", 18, 18, "", "11:32 C-0111: 2 proposals", "11:33 C-0119: 1 proposal"),
    )
)
