"""Telling people that a not-to-exceed limit of their contract was passed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from psa.core.notifications import services as notifications
from sales.events import LIMIT_PASSED
from sales.models import Contract
from sales.rules.not_to_exceed import LimitLevel, LimitWarning

_OF = {
    LimitLevel.LINE_CUSTOMER: "The limit of a customer on a line",
    LimitLevel.LINE: "The limit of a line",
    LimitLevel.CONTRACT_CUSTOMER: "The limit of a customer",
    LimitLevel.FUNDING: "What a payer agreed to pay",
    LimitLevel.CONTRACT: "The contract's limit",
}


def tell(
    *,
    warned: Mapping[int, Sequence[LimitWarning]],
    manager_ids: Mapping[int, set[int]],
    at: datetime,
) -> None:
    """Notify each contract's owner, and the managers given by contract, of limits just passed.

    The text names no amount: not everybody who is told may see what work is worth.
    """
    for contract in Contract.objects.filter(pk__in=warned).select_related("account"):
        passed = warned[contract.pk]
        is_reached = any(warning.is_reached for warning in passed)
        notifications.notify(
            membership_ids={contract.owner_id, *manager_ids.get(contract.pk, ())},
            event=LIMIT_PASSED,
            title=f"{contract.number} has reached a limit"
            if is_reached
            else f"{contract.number} comes close to a limit",
            body=". ".join(_sentence(warning) for warning in passed),
            path=reverse("sales:contract", urlconf=settings.TENANT_URLCONF, args=[contract.pk]),
            at=at,
        )


def _sentence(warning: LimitWarning) -> str:
    if warning.is_reached:
        return f"{_OF[warning.level]} is used up; further work is parked until it is raised"
    share = warning.used.amount * 100 / warning.limit.amount
    return f"{_OF[warning.level]} is used to {share:.0f} %"
