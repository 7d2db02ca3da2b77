"""Lists of rules, of what they did, and of approvals, as declarations."""

from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from psa.core.access.permissions import AccessPermission
from psa.core.automation.models import RuleRun
from psa.core.web import states
from psa.core.web.lists import (
    Action,
    BoolFilter,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.states import State

SET_UP = (("Set up", None),)
OUTCOMES: dict[str, State] = {
    RuleRun.Outcome.DONE: State("Done", "ok", icon="circle-check"),
    RuleRun.Outcome.NOBODY: State("Nobody to tell", "warn", icon="alert-triangle"),
    RuleRun.Outcome.FAILED: State("Failed", "bad", icon="alert-square"),
}
REQUEST_STATES = {
    "waiting": State("Waiting", "warn", icon="clock-exclamation"),
    "approved": State("Approved", "ok", icon="circle-check"),
    "declined": State("Declined", "bad", icon="circle-minus"),
}


def record_url(row: dict[str, object]) -> str | None:
    """Where the record of a run is; None when its page is gone."""
    if not row["url_name"]:
        return None
    try:
        return reverse(str(row["url_name"]), args=[row["url_id"]])
    except NoReverseMatch:
        return None


RULES = ListSpec(
    key="rules",
    title="Rules",
    noun=("rule", "rules"),
    crumbs=SET_UP,
    columns=(
        Column("name", "Rule", kind="link", sort="name"),
        Column("when", "When", sort="when"),
        Column("action", "Then"),
        Column("is_active", "State", kind="state", states=states.ON_OFF),
        Column("run_count", "Fired", kind="number", places=0),
        Column("last_run_at", "Last", kind="datetime"),
        Column("is_shipped", "Shipped", kind="flag", states={True: State("shipped")}, shown=False),
    ),
    filters=(BoolFilter("is_active", "On"), TextFilter("when", "When")),
    search=("name", "when"),
    order="name",
    row_url=lambda row: reverse("automation:rule", args=[row.id]),
    actions=(
        Action("Run log", "automation:run_list", permission=AccessPermission.MANAGE_PARAMETERS),
        Action(
            "New rule",
            "automation:rule_create",
            permission=AccessPermission.MANAGE_PARAMETERS,
            key="c",
            icon="plus",
            primary=True,
        ),
    ),
    empty=Empty("No rules yet", "When something happens, then tell, ask or call.", "New rule",
                "automation:rule_create"),
)  # fmt: skip
RUNS = ListSpec(
    key="rule_runs",
    title="Run log",
    noun=("run", "runs"),
    crumbs=(("Set up", None), ("Rules", None)),
    columns=(
        Column("at", "When", kind="datetime"),
        Column("rule__name", "Rule", kind="link"),
        Column("record_label", "Record", url=record_url),
        Column("outcome", "Result", kind="state", states=OUTCOMES),
        Column("recipient_count", "Told", kind="number", places=0),
        Column("outcome_note", "Note", prose=True),
    ),
    filters=(
        DateRangeFilter("at", "When"),
        ChoiceFilter("outcome", "Result", choices=RuleRun.Outcome.choices),
        TextFilter("rule", "Rule", field="rule__name"),
    ),
    order="-id",
    row_url=lambda row: reverse("automation:rule", args=[row["rule_id"]]),
    empty=Empty("Nothing fired yet", "Each time a rule acts, it is written here."),
)
REQUESTS = ListSpec(
    key="approval_requests",
    title="Approval requests",
    noun=("request", "requests"),
    columns=(
        Column("record_label", "What", kind="link", sort="record_label"),
        Column("rule", "Rule", value="rule.name"),
        Column("requested_by", "Asked by", kind="person", value="requested_by.name"),
        Column("requested_at", "Asked", kind="datetime", sort="requested_at"),
        Column("state", "State", kind="state", states=REQUEST_STATES),
        Column("decided_by", "Decided by", kind="person",
               value=lambda row: row.decided_by.name if row.decided_by else None),
    ),
    views=(
        View("waiting", "Waiting", where=Q(state="waiting")),
        View("decided", "Decided", where=~Q(state="waiting")),
        View("mine", "Asked by me", where=lambda r: Q(requested_by_id=r.membership.id)),
    ),
    filters=(DateRangeFilter("requested_at", "Asked"),),
    search=("record_label__icontains",),
    order="-id",
    row_url=lambda row: reverse("automation:request", args=[row.pk]),
    empty=Empty("Nothing waits for approval", "What a rule of the firm holds up appears here.",
                icon="circle-check"),
)  # fmt: skip
