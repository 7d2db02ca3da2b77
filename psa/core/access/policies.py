"""Who may hold which rights together, and who may hand them out (docs/adr/0023)."""

from collections.abc import Iterable

from psa.core.errors import DomainError

from . import registry
from .permissions import AccessPermission

# Whoever says who may do what decides nothing about money.
DECISIONS = frozenset(
    {
        "timeexpense.grant_recall",
        "billing.review",
        "billing.approve",
        "billing.confirm",
        "billing.credit",
        "billing.credit_over_limit",
        "billing.record_payment",
        "ledger.post",
        "ledger.reopen_period",
        "revenue.approve",
        "revenue.post",
    }
)


class DutiesMixed(DomainError):
    """One person would hand out rights and use those that need a second pair of eyes."""


class OwnGain(DomainError):
    """Somebody would give themselves a right that they do not have."""


def check_duties(permissions: Iterable[str], *, kept_apart: bool, whom: str = "somebody") -> None:
    """Refuse rights that one person must not hold together, while the firm keeps duties apart.

    Raises  DutiesMixed, naming the first decision in the way.
    """
    held = set(permissions)
    if not kept_apart or AccessPermission.MANAGE_USERS not in held:
        return
    mixed = sorted(held & DECISIONS)
    if mixed:
        words = registry.all_permissions().get(mixed[0], mixed[0])
        raise DutiesMixed(
            f"Managing users and “{words}” ({mixed[0]}) would come together for {whom}. Give them "
            "to different people, or let a small firm join them under Sign-in rules.",
            "roles",
        )


def check_no_own_gain(before: Iterable[str], after: Iterable[str]) -> None:
    """Refuse a change by which its maker gains a right; another administrator has to make it.

    Raises  OwnGain, naming the first right that would be gained.
    """
    gained = sorted(set(after) - set(before))
    if gained:
        words = registry.all_permissions().get(gained[0], gained[0])
        raise OwnGain(
            f"You would give yourself “{words}” ({gained[0]}). Ask another administrator to do "
            "that.",
            "roles",
        )
