"""Endpoints of the room: people."""

from typing import Any

from psa.core import clock
from psa.core.web.api import ApiRequest, Endpoints, shape
from psa.core.web.api.fields import Id
from resources import selectors
from resources.lists import PEOPLE
from resources.permissions import ResourcesPermission

endpoints = Endpoints("people", "People")
SEE = (ResourcesPermission.VIEW, ResourcesPermission.MANAGE)
PersonOut = shape(selectors.PersonPage, "PersonOut")


@endpoints.list("/people", PEOPLE, *SEE, name="Person")
def list_people(request: ApiRequest) -> Any:
    """The people that work is planned and booked on."""
    return selectors.people(today=clock.today())


@endpoints.read("/people/{resource_id}", PersonOut, *SEE)
def get_person(request: ApiRequest, resource_id: Id) -> Any:
    """One person: role, unit, capacity, absence, skills and teams."""
    return selectors.person_page(actor=request.actor, resource_id=resource_id, today=clock.today())
