"""Endpoints of a person's own rights: what is kept about them, a copy of it, and to be forgotten."""

from typing import Any

from pydantic import Field, JsonValue

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.web.api import ApiRequest, Endpoints, In, Out
from psa.core.web.api.fields import Email

from .services import people

endpoints = Endpoints("people_data", "Personal data")
MANAGE = AccessPermission.MANAGE_USERS


class PersonIn(In):
    """In the body and not the address: addresses are logged."""

    email: Email = Field(min_length=3)


class PersonCopyOut(Out):
    """All that is kept about a person, by table; rates are the firm's and left out."""

    firm: str
    email: str
    about: dict[str, list[dict[str, JsonValue]]]
    acted: dict[str, int]


class ForgottenOut(Out):
    """How many rows changed or went, by kind."""

    changed: dict[str, int]


@endpoints.write("POST", "/people-data/copy", PersonCopyOut, MANAGE)
def copy_personal_data(request: ApiRequest, body: PersonIn) -> Any:
    """The copy for a person who asks; the trail says that it was made."""
    return people.copy_for_person(email=body.email, actor=request.actor, at=clock.now())


@endpoints.write("POST", "/people-data/forget", ForgottenOut, MANAGE)
def forget_person(request: ApiRequest, body: PersonIn) -> Any:
    """Put a number in place of the name and address of somebody who has left."""
    changed = people.forget_for_person(
        email=body.email, actor=request.actor, today_on=clock.today(), at=clock.now()
    )
    return {"changed": changed}
