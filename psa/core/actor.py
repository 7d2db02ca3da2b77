"""Who acts: handed to every selector and service in place of a request."""

from dataclasses import dataclass
from typing import Literal

from psa.core.errors import PermissionDenied

Via = Literal["web", "api", "job", "portal", "copilot"]


@dataclass(frozen=True, slots=True)
class Actor:
    """One member of one tenant, with what that member may do and through which door they came.

    `permissions` are the values of the rooms' permission enums, such as "billing.confirm".
    """

    user_id: int
    membership_id: int
    tenant_id: int
    permissions: frozenset[str]
    via: Via = "web"

    def has(self, permission: str) -> bool:
        """Whether the actor holds `permission`."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """Refuse unless the actor holds `permission`.

        Raises  PermissionDenied, naming the permission that is missing.
        """
        if permission not in self.permissions:
            raise PermissionDenied(
                f"Your role does not include the permission “{permission!s}”. "
                "Ask an administrator of your organisation to add it, or somebody who holds it "
                "to do this for you."
            )
