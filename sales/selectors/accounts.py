"""Reads of customers, prospects and vendors."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.audit.selectors import ActivityRow
from sales.models import Account, Contact, Contract, Opportunity

from . import visibility


@dataclass(frozen=True, slots=True)
class AccountPage:
    """One customer's record: its people and its deals, as far as the actor may see them."""

    account: Account
    contacts: list[Contact]
    opportunities: list[Opportunity]
    contracts: list[Contract]
    activity: list[ActivityRow]


def accounts(*, actor: Actor) -> QuerySet[Any]:
    """The accounts the actor may see, with owner and the number of open opportunities."""
    return (
        visibility.accounts_visible_to(actor)
        .annotate(
            open_opportunities=Count(
                "opportunities",
                filter=Q(
                    opportunities__stage__outcome="open",
                    opportunities__in=visibility.opportunities_visible_to(actor).values("pk"),
                ),
            )
        )
        .values(
            "id", "code", "name", "kind", "country", "currency", "industry", "owner_id",
            "owner__name", "payment_terms_days", "open_opportunities",
        )
    )  # fmt: skip


def account_page(*, actor: Actor, account_id: int) -> AccountPage:
    """Raises  NotFound alike if absent, another tenant's, or not visible."""
    account = (
        visibility.accounts_visible_to(actor)
        .select_related("owner", "parent")
        .filter(pk=account_id)
        .first()
    ) or visibility.get_account(actor=actor, account_id=account_id)
    return AccountPage(
        account=account,
        contacts=list(account.contacts.order_by("name")),
        opportunities=list(
            visibility.opportunities_visible_to(actor)
            .filter(account=account)
            .select_related("stage", "owner")
            .order_by("-id")[:50]
        ),
        contracts=list(
            visibility.contracts_visible_to(actor).filter(account=account).order_by("-id")[:50]
        ),
        activity=audit.activity_of(record_type="sales.Account", record_id=account.pk),
    )
