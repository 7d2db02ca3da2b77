"""What waits for the reader: each thing with its reason, since when, and the button that deals with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.models import Proposal
from billing.permissions import BillingPermission
from billing.selectors.visibility import milestones_visible_to, proposals_visible_to
from projects.selectors.projects import ProjectRow
from psa.core.access.models import Invitation
from psa.core.access.permissions import AccessPermission, LedgerPermission, PricingPermission
from psa.core.actor import Actor
from psa.core.audit import wording
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import FiscalPeriod
from psa.core.org.models import Resource
from psa.core.pricing.services import unpriced
from psa.core.tenancy import reading
from psa.core.web.formats import day_text, hours_text
from sales.permissions import SalesPermission
from sales.selectors.visibility import opportunities_visible_to
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import approvals, travel
from timeexpense.selectors import waiting as desk

from .addresses import address
from .counts import NOTHING, Counted, Rows, counted
from .week import OwnHours


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for the reader: why, since when, and the button that deals with it."""

    icon: str
    tone: str
    title: str
    detail: str
    url: str = ""
    action: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a number of rows of one kind is told. `{first}` and `{last}` are their oldest and newest day."""

    key: str
    icon: str
    tone: str
    one: str
    many: str
    detail: str
    url_name: str
    action: str
    query: str = ""

    def of(self, found: Mapping[str, Counted]) -> Iterator[Need]:
        rows = found.get(self.key, NOTHING)
        if rows.count:
            yield Need(
                icon=self.icon,
                tone=self.tone,
                title=wording.counted(rows.count, self.one, self.many),
                detail=self.detail.format(first=rows.first_text, last=rows.last_text),
                url=address(self.url_name) + self.query,
                action=self.action,
            )


_RETURNED = _Kind(
    key="returned", icon="arrow-back-up", tone="bad",
    one="time entry was returned to you", many="time entries were returned to you",
    detail="The oldest is of {first}. Correct and submit again.",
    url_name="timeexpense:week", action="Correct",
)  # fmt: skip
_JOURNEYS = _Kind(
    key="journeys", icon="plane", tone="go",
    one="journey waits for your decision", many="journeys wait for your decision",
    detail="The first begins on {first}.",
    url_name="timeexpense:approvals", query="?kind=travel", action="Review",
)  # fmt: skip
_PROPOSALS = _Kind(
    key="proposals", icon="file-invoice", tone="go",
    one="invoice proposal is ready to review", many="invoice proposals are ready to review",
    detail="Work up to {last}",
    url_name="billing:proposal_list", action="Review",
)  # fmt: skip
_MILESTONES = _Kind(
    key="milestones", icon="flag", tone="warn",
    one="milestone is due to be invoiced", many="milestones are due to be invoiced",
    detail="The oldest was due on {first}. Mark what was reached.",
    url_name="billing:milestone_list", action="Open",
)  # fmt: skip
_UNPRICED = _Kind(
    key="unpriced", icon="currency-off", tone="warn",
    one="piece of work waits for a price", many="pieces of work wait for a price",
    detail="The oldest is of {first}. Add the price, then replay.",
    url_name="pricing:unpriced_list", action="Open queue",
)  # fmt: skip
_OPPORTUNITIES = _Kind(
    key="opportunities", icon="target-arrow", tone="warn",
    one="opportunity is past the closing date", many="opportunities are past the closing date",
    detail="The oldest should have closed on {first}.",
    url_name="sales:opportunity_list", action="Open",
)  # fmt: skip
_INVITATIONS = _Kind(
    key="invitations", icon="mail", tone="warn",
    one="invitation has run out", many="invitations have run out",
    detail="The link no longer works. Send it anew or withdraw it.",
    url_name="identity:invitation_list", action="Open",
)  # fmt: skip


def needs(
    *,
    actor: Actor,
    me: Resource | None,
    projects: Sequence[ProjectRow],
    hours: OwnHours | None,
    last_job: JobRun | None,
    today: date,
) -> tuple[Need, ...]:
    """All of them, what is most pressing first. Two queries, the second for who closes periods."""
    found = counted(_asked(actor, me, today))
    if "time" in found:
        # The badge in the navigation says the same number.
        waiting = sum(found[kind].count for kind in ("time", "expenses", "journeys"))
        reading.once(desk.waiting_key(actor), lambda: waiting)
    if "unpriced" in found:
        reading.once(unpriced.WAITING, lambda: found["unpriced"].count)
    return (
        *_projects(projects),
        *_forecasts(projects),
        *_RETURNED.of(found),
        *_not_handed_in(hours),
        *_approvals(found.get("time", NOTHING), found.get("expenses", NOTHING)),
        *_JOURNEYS.of(found),
        *_PROPOSALS.of(found),
        *_MILESTONES.of(found),
        *_UNPRICED.of(found),
        *_OPPORTUNITIES.of(found),
        *_periods(actor, today),
        *_INVITATIONS.of(found),
        *_failed_jobs(last_job),
    )


def _asked(actor: Actor, me: Resource | None, today: date) -> dict[str, Rows]:
    """What the reader's role has to do with; what is not theirs is not counted."""
    asked: dict[str, Rows] = {}
    if me is not None:
        returned = TimeEntry.objects.filter(resource=me, state=EntryState.RETURNED)
        asked["returned"] = Rows(returned, day="work_on")
    if actor.has(TimeExpensePermission.APPROVE):
        time = approvals.to_approve(TimeEntry, actor)
        asked["time"] = Rows(time, day="work_on", minutes="minutes", person="resource_id")
        asked["expenses"] = Rows(approvals.to_approve(ExpenseEntry, actor), day="spent_on")
        asked["journeys"] = Rows(travel.to_decide(actor), day="starts_on")
    if actor.has(BillingPermission.REVIEW):
        states = (Proposal.State.DRAFT, Proposal.State.IN_REVIEW, Proposal.State.APPROVED)
        proposed = proposals_visible_to(actor).filter(state__in=states)
        asked["proposals"] = Rows(proposed, day="cutoff_on")
    if actor.has(BillingPermission.PROPOSE) or actor.has(BillingPermission.PROPOSE_OWN):
        # Contract milestones whose date has come and that nobody has called reached.
        due = milestones_visible_to(actor).filter(state="not_started", due_on__lte=today)
        asked["milestones"] = Rows(due, day="due_on")
    if actor.has(PricingPermission.REPLAY_UNPRICED):
        asked["unpriced"] = Rows(unpriced.waiting(), day="work_on")
    if actor.has(SalesPermission.MANAGE):
        late = opportunities_visible_to(actor).filter(
            owner_id=actor.membership_id, stage__outcome="open", close_on__lt=today
        )
        asked["opportunities"] = Rows(late, day="close_on")
    if actor.has(AccessPermission.MANAGE_USERS):
        open_ones = Invitation.objects.filter(
            accepted_at__isnull=True, withdrawn_at__isnull=True, expires_at__date__lt=today
        )
        asked["invitations"] = Rows(open_ones)
    return asked


def _forecasts(rows: Sequence[ProjectRow]) -> Iterator[Need]:
    """Projects on which hours are booked and nobody says anew what is left."""
    stale = [row for row in rows if row.stale_since is not None]
    if not stale:
        return
    names = ", ".join(row.code for row in stale[:5])
    yield Need(
        icon="clock-exclamation",
        tone="warn",
        title="1 forecast is stale" if len(stale) == 1 else f"{len(stale)} forecasts are stale",
        detail=f"What is left has not moved for two weeks while hours were booked: {names}.",
        url=address("projects:my_forecast"),
        action="Forecast",
    )


def _projects(rows: Sequence[ProjectRow]) -> Iterator[Need]:
    for row in rows:
        if "bad" not in (row.health, row.computed_health):
            continue
        reasons = []
        if row.over_percent is not None and row.over_percent >= 15:
            reasons.append(f"forecast {row.over_percent:.1f} % over its budget")
        if row.spi is not None and row.spi < 1:
            reasons.append(f"SPI {row.spi:.2f}")
        detail = ", ".join(reasons) or "By its schedule or its cost; see the figures."
        disagrees = row.health != "bad" and row.computed_health == "bad"
        title = f"{row.name} is off track" + (" by the figures" if disagrees else "")
        yield Need(
            icon="alert-square",
            tone="bad",
            title=title,
            detail=detail[0].upper() + detail[1:],
            url=address("projects:project", row.id),
            action="Open",
            due=row.account_name,
        )


def _not_handed_in(hours: OwnHours | None) -> Iterator[Need]:
    """Drafts of a week that has ended: until they are handed in nobody can approve or bill them."""
    if hours is None or not hours.late_minutes or hours.late_week_on is None:
        return
    yield Need(
        icon="clock-hour-4",
        tone="warn",
        title=f"{hours_text(hours.late_minutes)} hours are not handed in",
        detail=f"Of the week from {day_text(hours.late_week_on)}. Submit it when it is complete.",
        url=address("timeexpense:week_of", hours.late_week_on),
        action="Open week",
    )


def _approvals(time: Counted, expenses: Counted) -> Iterator[Need]:
    url = address("timeexpense:approvals")
    if time.count:
        entries = "entry" if time.count == 1 else "entries"
        people = "1 person" if time.people == 1 else f"{time.people} people"
        waits = "waits" if time.count == 1 else "wait"
        yield Need(
            icon="circle-check",
            tone="go",
            title=f"{time.count} {entries} from {people} {waits} for you",
            detail=f"{hours_text(time.minutes)} hours, the oldest of {time.first_text}",
            url=url,
            action="Review",
        )
    if expenses.count:
        noun = "expense waits" if expenses.count == 1 else "expenses wait"
        yield Need(
            icon="receipt",
            tone="go",
            title=f"{expenses.count} {noun} for you",
            detail=f"Submitted on your projects, the oldest of {expenses.first_text}",
            url=f"{url}?kind=expense",
            action="Review",
        )


def _periods(actor: Actor, today: date) -> Iterator[Need]:
    if not actor.has(LedgerPermission.MANAGE_PERIODS):
        return
    rows = (
        FiscalPeriod.objects.filter(ends_on__lte=today)
        .exclude(state=FiscalPeriod.State.CLOSED)
        .order_by("starts_on", "legal_entity__code")
        .select_related("legal_entity")
    )
    names: dict[str, list[str]] = {}
    for period in rows:
        names.setdefault(period.title, []).append(period.legal_entity.code)
    if not names:
        return
    name, entities = next(iter(names.items()))
    more = f" {len(names) - 1} more to follow." if len(names) > 1 else ""
    yield Need(
        icon="building-bank",
        tone="warn",
        title=f"{name} is not closed in {', '.join(entities)}",
        detail=f"The period has ended.{more}",
        url=address("revenue:close"),
        action="Open close",
    )


def _failed_jobs(run: JobRun | None) -> Iterator[Need]:
    if run is not None and run.state == JobRun.State.FAILED:
        yield Need(
            icon="alert-square",
            tone="bad",
            title=f"{run.title} has failed",
            detail=run.message,
            url=address("jobs:run", run.pk),
            action="Open",
        )
