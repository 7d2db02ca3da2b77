"""What can be found, whose rows they are, and where each leads; the rooms decide who sees what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from billing.selectors import visibility as billing
from projects import policies as projects
from projects.models import Task
from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.org.models import Resource
from psa.core.pricing import visibility as pricing
from resources.permissions import ResourcesPermission
from sales.models import Contact
from sales.selectors import visibility as sales
from timeexpense import policies as timeexpense

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of record. `visible` is the very queryset that its pages use.

    `title`, `code` and `detail` are paths of the queryset; `address` makes the URL of a row.
    """

    key: str
    label: str
    icon: str
    visible: Callable[[Actor], "QuerySet[Any]"]
    title: str
    address: Callable[[Row], str]
    code: str = ""
    detail: str = ""
    also: tuple[str, ...] = ()
    page: str = ""
    argument: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        named = ("id", self.title, self.code, self.detail, *self.also)
        return tuple(dict.fromkeys(path for path in named if path))


def _people(actor: Actor) -> "QuerySet[Any]":
    if actor.has(ResourcesPermission.VIEW) or actor.has(ResourcesPermission.MANAGE):
        return Resource.objects.all()
    return Resource.objects.none()


def _users(actor: Actor) -> "QuerySet[Any]":
    if actor.has(AccessPermission.MANAGE_USERS):
        return Membership.objects.all()
    return Membership.objects.none()


def _contacts(actor: Actor) -> "QuerySet[Any]":
    return Contact.objects.filter(account__in=sales.accounts_visible_to(actor).values("pk"))


def _tasks(actor: Actor) -> "QuerySet[Any]":
    return Task.objects.filter(project__in=projects.visible_to(actor).values("pk"))


def _at(url_name: str) -> Callable[[Row], str]:
    return lambda row: reverse(url_name, args=[row["id"]])


KINDS: tuple[Kind, ...] = (
    Kind(
        "account", "Customers", icon="building", visible=sales.accounts_visible_to,
        title="name", code="code", address=_at("sales:account"),
        page="sales:account", argument="account_id",
    ),
    Kind(
        "project", "Projects", icon="list-tree", visible=projects.visible_to,
        title="name", code="code", detail="account__name", address=_at("projects:project"),
        page="projects:project", argument="project_id",
    ),
    Kind(
        "contract", "Contracts", icon="file-text", visible=sales.contracts_visible_to,
        title="name", code="number", detail="account__name", address=_at("sales:contract"),
        page="sales:contract", argument="contract_id",
    ),
    Kind(
        "opportunity", "Opportunities", icon="target-arrow", visible=sales.opportunities_visible_to,
        title="name", code="number", detail="account__name", address=_at("sales:opportunity"),
        page="sales:opportunity", argument="opportunity_id",
    ),
    Kind(
        "quote", "Quotes", icon="file-text", visible=sales.quotes_visible_to,
        title="opportunity__name", code="number", detail="opportunity__account__name",
        address=_at("sales:quote"), page="sales:quote", argument="quote_id",
    ),
    Kind(
        "person", "People", icon="users", visible=_people,
        title="name", code="code", detail="job_role__name", address=_at("resources:person"),
        page="resources:person", argument="resource_id",
    ),
    Kind(
        "task", "Tasks", icon="checklist", visible=_tasks,
        title="name", code="outline", detail="project__name", also=("project_id",),
        address=lambda row: reverse("projects:plan", args=[row["project_id"]])
        + f"#task-{row['id']}",
    ),
    Kind(
        "invoice", "Invoices", icon="file-invoice", visible=billing.invoices_visible_to,
        title="account__name", code="number", detail="contract__name",
        address=_at("billing:invoice"), page="billing:invoice", argument="invoice_id",
    ),
    Kind(
        "proposal", "Invoice proposals", icon="file-invoice", visible=billing.proposals_visible_to,
        title="account__name", code="number", detail="contract__name",
        address=_at("billing:proposal"), page="billing:proposal", argument="proposal_id",
    ),
    Kind(
        "payment", "Payments", icon="building-bank", visible=billing.payments_visible_to,
        title="account__name", code="number", detail="reference",
        address=_at("billing:payment"), page="billing:payment", argument="payment_id",
    ),
    Kind(
        "expense_report", "Expense reports", icon="receipt", visible=timeexpense.visible_reports,
        title="title", code="number", detail="resource__name",
        address=_at("timeexpense:expense_report"), page="timeexpense:expense_report",
        argument="report_id",
    ),
    Kind(
        "contact", "Contacts", icon="users", visible=_contacts,
        title="name", detail="account__name", also=("account_id",),
        address=lambda row: reverse("sales:account", args=[row["account_id"]]),
    ),
    Kind(
        "price_list", "Price lists", icon="file-text", visible=pricing.visible_to,
        title="name", detail="context", address=_at("pricing:list"),
        page="pricing:list", argument="list_id",
    ),
    Kind(
        "user", "Users", icon="users", visible=_users,
        title="name", detail="email", address=_at("setup:user"),
        page="setup:user", argument="membership_id",
    ),
)  # fmt: skip
BY_KEY = {kind.key: kind for kind in KINDS}
BY_PAGE = {kind.page: kind for kind in KINDS if kind.page}
