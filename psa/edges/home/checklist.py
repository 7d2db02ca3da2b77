"""First steps: up to seven for a role, each ticked by what is there, never by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, QuerySet
from django.urls import reverse

from billing.models import CHARGES, Invoice, Proposal
from billing.permissions import BillingPermission
from projects.models import Project, Task, TeamMember
from projects.permissions import ProjectsPermission
from psa.core.access.models import Membership
from psa.core.access.permissions import (
    AccessPermission,
    LedgerPermission,
    OrgPermission,
    PricingPermission,
)
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import JournalEntry
from psa.core.money.models import FxRate
from psa.core.org.models import LegalEntity, Resource
from psa.core.pricing.models import PriceList
from psa.core.web.models import PersonalSettings
from psa.edges.setup.preflight.running import KIND as PREFLIGHT
from resources.models import ResourceSkill
from resources.permissions import ResourcesPermission
from sales.models import Account, Opportunity, Quote
from sales.permissions import SalesPermission
from timeexpense.models import ApprovalDecision, TimeEntry
from timeexpense.permissions import TimeExpensePermission

MOST = 7
Rows = Callable[[Actor], "QuerySet[Any]"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: done when `rows` has any. `permission` says for whom it is."""

    label: str
    url_name: str
    rows: Rows
    permission: str | None = None


@dataclass(frozen=True, slots=True)
class ListedStep:
    label: str
    url: str
    is_done: bool


def _mine(actor: Actor) -> dict[str, int]:
    return {"resource__membership_id": actor.membership_id}


# In the order in which a firm, and then a person, goes about it; a role gets the first seven it may do.
STEPS: tuple[Step, ...] = (
    Step(
        "Give address, tax number and bank account", "setup:entity_list",
        lambda a: LegalEntity.objects.exclude(address="").exclude(tax_id="").exclude(bank_iban=""),
        AccessPermission.MANAGE_PARAMETERS,
    ),
    Step(
        "Bring in exchange rates", "setup:rate_list",
        lambda a: FxRate.objects.all(), AccessPermission.MANAGE_PARAMETERS,
    ),
    Step(
        "Enter the staff", "setup:person_list",
        lambda a: Resource.objects.all(), OrgPermission.MANAGE,
    ),
    Step(
        "Invite somebody else", "setup:user_list",
        lambda a: Membership.objects.exclude(pk=a.membership_id), AccessPermission.MANAGE_USERS,
    ),
    Step(
        "Activate a price list", "pricing:list_list",
        lambda a: PriceList.objects.filter(status="active"), PricingPermission.MANAGE_LISTS,
    ),
    Step(
        "Run the go-live preflight", "setup:checklist",
        lambda a: JobRun.objects.filter(kind=PREFLIGHT, state=JobRun.State.DONE),
        AccessPermission.MANAGE_PARAMETERS,
    ),
    Step(
        "Add a customer", "sales:account_list",
        lambda a: Account.objects.filter(kind="customer"), SalesPermission.MANAGE,
    ),
    Step(
        "Open an opportunity", "sales:opportunity_list",
        lambda a: Opportunity.objects.filter(owner_id=a.membership_id), SalesPermission.MANAGE,
    ),
    Step(
        "Send a quote", "sales:quote_list",
        lambda a: Quote.objects.filter(
            opportunity__owner_id=a.membership_id, sent_at__isnull=False
        ),
        SalesPermission.MANAGE,
    ),
    Step(
        "Open a project", "projects:project_list",
        lambda a: Project.objects.filter(manager__membership_id=a.membership_id),
        ProjectsPermission.CREATE,
    ),
    Step(
        "Plan its tasks", "projects:project_list",
        lambda a: Task.objects.filter(
            project__manager__membership_id=a.membership_id, project__draft_of__isnull=True
        ),
        ProjectsPermission.CREATE,
    ),
    Step(
        "Put a team on it", "projects:project_list",
        lambda a: TeamMember.objects.filter(project__manager__membership_id=a.membership_id),
        ProjectsPermission.CREATE,
    ),
    Step(
        "Look at who can do what", "resources:person_list",
        lambda a: ResourceSkill.objects.all(), ResourcesPermission.MANAGE,
    ),
    Step(
        "Propose invoices", "billing:run_list",
        lambda a: Proposal.objects.all(), BillingPermission.PROPOSE,
    ),
    Step(
        "Confirm an invoice", "billing:proposal_list",
        lambda a: Invoice.objects.exclude(kind__in=CHARGES), BillingPermission.CONFIRM,
    ),
    Step(
        "Post to the books", "ledger:trial_balance",
        lambda a: JournalEntry.objects.all(), LedgerPermission.POST,
    ),
    Step(
        "Approve somebody's time", "timeexpense:approvals",
        lambda a: ApprovalDecision.objects.filter(decided_by_id=a.membership_id),
        TimeExpensePermission.APPROVE,
    ),
    Step(
        "Enter your first hours", "timeexpense:week",
        lambda a: TimeEntry.objects.filter(**_mine(a)), TimeExpensePermission.ENTER,
    ),
    Step(
        "Submit a week", "timeexpense:week",
        lambda a: TimeEntry.objects.filter(**_mine(a)).exclude(state="draft"),
        TimeExpensePermission.ENTER,
    ),
    Step(
        "Choose your region and time zone", "web:settings",
        lambda a: PersonalSettings.objects.filter(membership_id=a.membership_id),
    ),
)  # fmt: skip


def checklist(*, actor: Actor, is_hidden: bool) -> tuple[ListedStep, ...]:
    """The actor's first steps; none when they are hidden or all done. One query."""
    if is_hidden:
        return ()
    own = [step for step in STEPS if step.permission is None or actor.has(step.permission)]
    # What everybody starts with is never crowded out by what a wide role adds.
    last = own[-1]
    shown = (*own[:-1][: MOST - 1], last)
    asked = {f"step_{at}": Exists(step.rows(actor)) for at, step in enumerate(shown)}
    done = Membership.objects.filter(pk=actor.membership_id).annotate(**asked).values(*asked)[0]
    listed = tuple(
        ListedStep(step.label, reverse(step.url_name), done[name])
        for name, step in zip(asked, shown, strict=True)
    )
    return () if all(step.is_done for step in listed) else listed
