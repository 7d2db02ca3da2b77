"""Staff records, one by one or by many, and the users who may come in."""

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission, OrgPermission
from psa.core.org.models import Resource
from psa.core.org.services import structure
from psa.core.web.api import ApiRequest, In, Nothing, Out
from psa.core.web.api.bulk import BulkResult, body_of, each_row
from psa.core.web.api.fields import Day, Email, Id, OneOf, Text
from psa.edges.identity import selectors as identity
from psa.edges.identity.clocks import real_now
from psa.edges.identity.services import invitations
from psa.edges.setup import lists_of_setup, selectors
from psa.edges.setup.forms import WORK_LOCATIONS
from psa.edges.setup.services import members

from .area import SEES, endpoints

MANAGE_USERS = AccessPermission.MANAGE_USERS


class StaffOut(Out):
    """A person as they are employed."""

    id: int
    code: str
    name: str
    email: str
    kind: str
    org_unit_id: int
    job_role_id: int
    calendar_id: int
    manager_id: int | None
    membership_id: int | None
    location: str
    work_location: str
    seniority: str
    employed_from: date
    employed_until: date | None
    is_bookable: bool


class StaffIn(In):
    code: Annotated[str, Text(20, blank=False)]
    name: Annotated[str, Text(120, blank=False)]
    email: Email = ""
    kind: Annotated[str, OneOf(*Resource.Kind.values)] = "employee"
    org_unit_id: Id
    job_role_id: Id
    calendar_id: Id
    manager_id: Id | None = None
    membership_id: Id | None = Field(None, description="The user who enters their time.")
    location: Annotated[str, Text(80)] = ""
    work_location: Annotated[str, OneOf(*(word for word, _ in WORK_LOCATIONS))] = "any"
    seniority: Annotated[str, Text(20)] = ""
    employed_from: Day
    employed_until: Day | None = Field(None, description="The first day no longer employed.")
    is_bookable: bool = True


class BulkStaffIn(StaffIn):
    id: Id | None = Field(None, description="Of a record to change; left out: a new one.")


StaffRowsIn: Any = body_of(BulkStaffIn, "StaffRowsIn")


class UserOut(Out):
    """A member of the firm."""

    id: int
    name: str
    email: str
    is_active: bool
    roles: list[str] = Field(description="Codes of their roles.")


class UserIn(In):
    name: Annotated[str, Text(120, blank=False)]
    roles: list[Annotated[str, Text(40, blank=False)]] = Field(min_length=1, max_length=50)


class NewUserIn(UserIn):
    email: Email


class InvitationOut(Out):
    """An offer of membership: open, accepted, withdrawn or expired."""

    id: int
    name: str
    email: str
    state: str
    sent_at: datetime
    expires_at: datetime


@endpoints.list("/staff", lists_of_setup.PEOPLE, *SEES, name="Staff")
def list_staff(request: ApiRequest) -> Any:
    """Staff records."""
    return selectors.people()


@endpoints.read("/staff/{resource_id}", StaffOut, *SEES)
def get_staff(request: ApiRequest, resource_id: Id) -> Any:
    """One staff record."""
    return selectors.person(resource_id)


@endpoints.write("POST", "/staff", StaffOut, OrgPermission.MANAGE, status=201)
def create_staff(request: ApiRequest, body: StaffIn) -> Any:
    """Add a person."""
    made = structure.save_person(
        resource_id=None, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_staff(request, resource_id=made.pk)


@endpoints.write("PUT", "/staff/{resource_id}", StaffOut, OrgPermission.MANAGE, of=get_staff)
def edit_staff(request: ApiRequest, resource_id: Id, body: StaffIn) -> Any:
    """Replace a staff record's facts."""
    structure.save_person(
        resource_id=resource_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_staff(request, resource_id=resource_id)


@endpoints.write("POST", "/staff/bulk", BulkResult, OrgPermission.MANAGE)
def save_staff(request: ApiRequest, body: StaffRowsIn) -> Any:
    """Add and change up to 500 people, a result for each; what is refused holds up no other."""
    at = clock.now()

    def save(row: BulkStaffIn) -> int:
        given = row.values()
        made = structure.save_person(
            resource_id=given.pop("id"), actor=request.actor, at=at, **given
        )
        return int(made.pk)

    return each_row(body.rows, save)


@endpoints.list("/users", lists_of_setup.USERS, MANAGE_USERS, name="User")
def list_users(request: ApiRequest) -> Any:
    """Who may come in."""
    return selectors.users()


@endpoints.read("/users/{membership_id}", UserOut, MANAGE_USERS)
def get_user(request: ApiRequest, membership_id: Id) -> Any:
    """One member with their roles."""
    found = selectors.member(membership_id)
    return {
        "id": found.pk,
        "name": found.name,
        "email": found.email,
        "is_active": found.is_active,
        "roles": sorted(selectors.role_codes_of(membership_id)),
    }


@endpoints.read("/invitations/{invitation_id}", InvitationOut, MANAGE_USERS)
def get_invitation(request: ApiRequest, invitation_id: Id) -> Any:
    """One invitation and where it stands."""
    return identity.invitation(invitation_id=invitation_id, on=real_now())


@endpoints.write("POST", "/invitations", InvitationOut, MANAGE_USERS, status=201)
def invite_user(request: ApiRequest, body: NewUserIn) -> Any:
    """Offer somebody membership with these roles; a link goes out by e-mail."""
    made = invitations.invite(
        email=body.email,
        name=body.name,
        role_codes=body.roles,
        actor=request.actor,
        at=clock.now(),
        sent_at=real_now(),
    )
    return get_invitation(request, invitation_id=made.pk)


@endpoints.write(
    "POST", "/invitations/{invitation_id}/withdraw", InvitationOut, MANAGE_USERS, of=get_invitation
)
def withdraw_invitation(request: ApiRequest, invitation_id: Id) -> Any:
    """Take an invitation back; its link is dead."""
    invitations.withdraw(invitation_id=invitation_id, actor=request.actor, at=clock.now())
    return get_invitation(request, invitation_id=invitation_id)


@endpoints.write("PUT", "/users/{membership_id}", UserOut, MANAGE_USERS, of=get_user)
def change_user(request: ApiRequest, membership_id: Id, body: UserIn) -> Any:
    """Replace a member's name and roles."""
    members.change_member(
        membership_id=membership_id,
        name=body.name,
        role_codes=body.roles,
        actor=request.actor,
        at=clock.now(),
    )
    return get_user(request, membership_id=membership_id)


@endpoints.write("POST", "/users/{membership_id}/deactivate", UserOut, MANAGE_USERS, of=get_user)
def deactivate_user(request: ApiRequest, membership_id: Id, body: Nothing) -> Any:
    """End a member's access at once; their tokens end with it."""
    return _set_active(request, membership_id, is_active=False)


@endpoints.write("POST", "/users/{membership_id}/activate", UserOut, MANAGE_USERS, of=get_user)
def activate_user(request: ApiRequest, membership_id: Id, body: Nothing) -> Any:
    """Give a member access back."""
    return _set_active(request, membership_id, is_active=True)


def _set_active(request: ApiRequest, membership_id: int, *, is_active: bool) -> Any:
    members.set_active(
        membership_id=membership_id, is_active=is_active, actor=request.actor, at=clock.now()
    )
    return get_user(request, membership_id=membership_id)
