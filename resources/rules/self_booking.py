"""What a project's manager may book without the resource manager. Source: spec 05, RES-4."""

from typing import Final

from psa.core.errors import DomainError

NEVER: Final = "never"
LIMITED: Final = "limited"
ALWAYS: Final = "always"


def check_direct(policy: str, *, limit_hours: int, minutes: int) -> None:
    """Refuse a hard booking that the firm's policy leaves to the resource manager.

    Raises  DomainError.
    """
    way_out = "Book softly; the resource manager makes it hard."
    if policy == NEVER:
        raise DomainError(
            f"Hard bookings are made by the resource manager. {way_out}", field="status"
        )
    if policy == LIMITED and minutes > limit_hours * 60:
        raise DomainError(
            f"You may book up to {limit_hours:,} hours directly; these are "
            f"{minutes / 60:,.0f}. {way_out}",
            field="status",
        )
