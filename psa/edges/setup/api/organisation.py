"""Legal entities, units, job roles, calendars, and the names that bodies refer to."""

from typing import Annotated, Any
from zoneinfo import available_timezones

from ninja import Field
from pydantic import AfterValidator, model_validator

from billing.permissions import BillingPermission
from projects.permissions import ProjectsPermission
from psa.core import clock
from psa.core.access.permissions import OrgPermission
from psa.core.documents.language import ENGLISH, LANGUAGES
from psa.core.ledger.rules.types import BillingType
from psa.core.org.models import CalendarException
from psa.core.org.services import calendars, structure
from psa.core.web.api import ApiRequest, In, Named, Out, shape
from psa.core.web.api.fields import Day, Email, Id, Number, OneOf, Percent, Text
from psa.edges.setup import lists_of_setup, selectors
from sales.permissions import SalesPermission

from .area import SEES, endpoints

CalendarOut = shape(selectors.CalendarPage, "CalendarOut")


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("There is no such time zone. Choose one such as Europe/London.")
    return zone


class DirectoryOut(Out):
    """Names with the ids that bodies refer to."""

    legal_entities: list[Named]
    units: list[Named]
    job_roles: list[Named]
    categories: list[Named]
    calendars: list[Named]
    people: list[Named]
    members: list[Named]


class EntityOut(Out):
    """A company of the firm."""

    id: int
    code: str
    name: str
    currency: str
    country: str
    address: str
    tax_id: str
    registration: str
    email: str
    time_zone: str
    language: str


class EntityIn(In):
    """What is left out stays as it is; currency and codes stay for good."""

    name: Annotated[str, Text(120, blank=False)] = ""
    address: Annotated[str, Text(1000)] = ""
    tax_id: Annotated[str, Text(40)] = ""
    registration: Annotated[str, Text(120)] = ""
    email: Email = ""
    time_zone: Annotated[str, Text(40), AfterValidator(_known_zone)] = "UTC"
    language: Annotated[str, OneOf(*dict(LANGUAGES))] = Field(
        ENGLISH, description="Of its documents for customers that have none of their own."
    )


class UnitOut(Out):
    id: int
    code: str
    name: str
    parent_id: int | None
    legal_entity_id: int


class UnitIn(In):
    code: Annotated[str, Text(20, blank=False)]
    name: Annotated[str, Text(80, blank=False)]
    parent_id: Id | None = None
    legal_entity_id: Id


class JobRoleOut(Out):
    id: int
    code: str
    name: str
    billing_type: str
    target_utilisation_percent: Number
    is_active: bool


class JobRoleIn(In):
    code: Annotated[str, Text(30, blank=False)]
    name: Annotated[str, Text(80, blank=False)]
    billing_type: Annotated[str, OneOf(*BillingType)] = "chargeable"
    target_utilisation_percent: Percent
    is_active: bool = True


class CalendarDayIn(In):
    on: Day
    name: Annotated[str, Text(80, blank=False)]
    kind: Annotated[str, OneOf(*CalendarException.Kind.values)]
    working_minutes: int = Field(0, ge=0, le=1440)


class HolidaysIn(In):
    """Years whose public holidays are added."""

    from_year: int = Field(ge=2000, le=2100)
    until_year: int = Field(ge=2000, le=2100)

    @model_validator(mode="after")
    def _in_order(self) -> "HolidaysIn":
        if self.until_year < self.from_year:
            raise ValueError("The last year comes before the first.")
        return self


@endpoints.report(
    "/directory",
    DirectoryOut,
    *SEES,
    SalesPermission.MANAGE,
    ProjectsPermission.CREATE,
    ProjectsPermission.MANAGE_OWN,
    ProjectsPermission.MANAGE_ALL,
    BillingPermission.PROPOSE,
)
def get_directory(request: ApiRequest) -> Any:
    """The units, roles, categories, people and members that forms offer."""
    return selectors.directory()


@endpoints.list("/legal-entities", lists_of_setup.ENTITIES, *SEES, name="LegalEntity")
def list_legal_entities(request: ApiRequest) -> Any:
    """The firm's companies."""
    return selectors.entities()


@endpoints.read("/legal-entities/{entity_id}", EntityOut, *SEES)
def get_legal_entity(request: ApiRequest, entity_id: Id) -> Any:
    """One company."""
    return selectors.entity(entity_id)


@endpoints.write(
    "PATCH",
    "/legal-entities/{entity_id}",
    EntityOut,
    OrgPermission.MANAGE,
    of=get_legal_entity,
)
def edit_legal_entity(request: ApiRequest, entity_id: Id, body: EntityIn) -> Any:
    """Change name and address; where it is paid has an address and a scope of its own."""
    structure.edit_entity(
        entity_id=entity_id, values=body.given(), actor=request.actor, at=clock.now()
    )
    return get_legal_entity(request, entity_id=entity_id)


@endpoints.list("/units", lists_of_setup.UNITS, *SEES, name="Unit")
def list_units(request: ApiRequest) -> Any:
    """The organisation tree, parents before children."""
    return selectors.unit_rows()


@endpoints.read("/units/{unit_id}", UnitOut, *SEES)
def get_unit(request: ApiRequest, unit_id: Id) -> Any:
    """One unit."""
    return selectors.unit(unit_id)


@endpoints.write("POST", "/units", UnitOut, OrgPermission.MANAGE, status=201)
def create_unit(request: ApiRequest, body: UnitIn) -> Any:
    """Add a unit to the tree."""
    made = structure.save_unit(unit_id=None, actor=request.actor, at=clock.now(), **body.values())
    return get_unit(request, unit_id=made.pk)


@endpoints.write("PUT", "/units/{unit_id}", UnitOut, OrgPermission.MANAGE, of=get_unit)
def edit_unit(request: ApiRequest, unit_id: Id, body: UnitIn) -> Any:
    """Replace a unit's facts."""
    structure.save_unit(unit_id=unit_id, actor=request.actor, at=clock.now(), **body.values())
    return get_unit(request, unit_id=unit_id)


@endpoints.list("/job-roles", lists_of_setup.ROLES, *SEES, name="JobRole")
def list_job_roles(request: ApiRequest) -> Any:
    """The roles that work is priced by."""
    return selectors.job_roles()


@endpoints.read("/job-roles/{role_id}", JobRoleOut, *SEES)
def get_job_role(request: ApiRequest, role_id: Id) -> Any:
    """One role."""
    return selectors.job_role(role_id)


@endpoints.write("POST", "/job-roles", JobRoleOut, OrgPermission.MANAGE, status=201)
def create_job_role(request: ApiRequest, body: JobRoleIn) -> Any:
    """Add a role."""
    made = structure.save_job_role(
        role_id=None, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_job_role(request, role_id=made.pk)


@endpoints.write("PUT", "/job-roles/{role_id}", JobRoleOut, OrgPermission.MANAGE, of=get_job_role)
def edit_job_role(request: ApiRequest, role_id: Id, body: JobRoleIn) -> Any:
    """Replace a role's facts."""
    structure.save_job_role(role_id=role_id, actor=request.actor, at=clock.now(), **body.values())
    return get_job_role(request, role_id=role_id)


@endpoints.list(
    "/calendars", lists_of_setup.CALENDARS, OrgPermission.MANAGE_CALENDARS, name="Calendar"
)
def list_calendars(request: ApiRequest) -> Any:
    """Work calendars."""
    return selectors.calendars()


@endpoints.read("/calendars/{calendar_id}", CalendarOut, OrgPermission.MANAGE_CALENDARS)
def get_calendar(request: ApiRequest, calendar_id: Id) -> Any:
    """One calendar: its week, and the days that differ."""
    return selectors.calendar_page(calendar_id=calendar_id)


@endpoints.write(
    "POST",
    "/calendars/{calendar_id}/days",
    CalendarOut,
    OrgPermission.MANAGE_CALENDARS,
    of=get_calendar,
)
def set_calendar_day(request: ApiRequest, calendar_id: Id, body: CalendarDayIn) -> Any:
    """Make a day a holiday, a closure, or a working day."""
    calendars.set_day(calendar_id=calendar_id, actor=request.actor, at=clock.now(), **body.values())
    return get_calendar(request, calendar_id=calendar_id)


@endpoints.write(
    "POST",
    "/calendars/{calendar_id}/holidays",
    CalendarOut,
    OrgPermission.MANAGE_CALENDARS,
    of=get_calendar,
)
def import_holidays(request: ApiRequest, calendar_id: Id, body: HolidaysIn) -> Any:
    """Add the public holidays of these years."""
    calendars.import_holidays(
        calendar_id=calendar_id,
        years=range(body.from_year, body.until_year + 1),
        actor=request.actor,
        at=clock.now(),
    )
    return get_calendar(request, calendar_id=calendar_id)
