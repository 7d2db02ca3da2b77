"""Roles and their rights; whoever may hand them out sees them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from psa.core import clock
from psa.core.access import permission_words
from psa.core.access.permissions import AccessPermission
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.fields import Id, Text
from psa.edges.identity import lists_of_identity, selectors
from psa.edges.identity.services import roles

from .area import endpoints

MANAGE_USERS = AccessPermission.MANAGE_USERS


class RightOut(Out):
    """A right that a role can hold."""

    code: str
    group: str
    words: str


class SecurityRoleOut(Out):
    """A role: its rights, and who holds it."""

    id: int
    code: str
    name: str
    permissions: list[str]
    holders: list[str]
    lock_version: int


class SecurityRoleIn(In):
    name: Annotated[str, Text(80, blank=False)]
    permissions: list[Annotated[str, Text(60)]] = Field(max_length=500)


@endpoints.report("/rights", list[RightOut], MANAGE_USERS)
def list_rights(request: ApiRequest) -> Any:
    """Every right there is, in words."""
    return [
        {"code": code, "group": group.title, "words": words}
        for group in permission_words.groups()
        for code, words in group.permissions
    ]


@endpoints.list("/security-roles", lists_of_identity.ROLES, MANAGE_USERS, name="SecurityRole")
def list_security_roles(request: ApiRequest) -> Any:
    """The firm's roles with how many hold each."""
    return selectors.roles()


@endpoints.read("/security-roles/{security_role_id}", SecurityRoleOut, MANAGE_USERS)
def get_security_role(request: ApiRequest, security_role_id: Id) -> Any:
    """One role."""
    row = selectors.role(security_role_id)
    given: Mapping[str, Any] = {
        name: getattr(row, name, None) for name in SecurityRoleOut.model_fields
    }
    return {**given, "holders": selectors.holders_of(security_role_id)}


@endpoints.write("POST", "/security-roles", SecurityRoleOut, MANAGE_USERS, status=201)
def create_security_role(request: ApiRequest, body: SecurityRoleIn) -> Any:
    """Make a role."""
    made = roles.save_role(
        role_id=None, lock_version=0, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_security_role(request, security_role_id=made.pk)


@endpoints.write(
    "PUT",
    "/security-roles/{security_role_id}",
    SecurityRoleOut,
    MANAGE_USERS,
    of=get_security_role,
    versioned=True,
)
def change_security_role(request: ApiRequest, security_role_id: Id, body: SecurityRoleIn) -> Any:
    """Replace a role's name and rights; they count from its members' next request."""
    roles.save_role(
        role_id=security_role_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_security_role(request, security_role_id=security_role_id)


@endpoints.write(
    "DELETE",
    "/security-roles/{security_role_id}",
    None,
    MANAGE_USERS,
    status=204,
    of=get_security_role,
)
def delete_security_role(request: ApiRequest, security_role_id: Id) -> Any:
    """Remove a role that nobody holds."""
    roles.delete_role(role_id=security_role_id, actor=request.actor, at=clock.now())
