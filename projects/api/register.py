"""The register of projects: risks, issues, actions, decisions and change requests."""

from typing import Annotated, Any

from ninja import Field

from projects import lists_register
from projects.models import RegisterEntry
from projects.selectors import register as selectors
from projects.selectors.register import EntryPage
from projects.services import register
from psa.core import clock
from psa.core.web.api import ApiRequest, In, shape
from psa.core.web.api.fields import Amount, Day, Id, OneOf, PositiveAmount, Text

from .area import CHANGE, SEE, endpoints

EntryOut = shape(
    EntryPage,
    "RegisterEntryOut",
    without=("activity", "opens_project"),
    lock_version=Annotated[int, Field(alias="row.lock_version")],
)
_Level = Annotated[int, Field(ge=1, le=5)]
_Words = Annotated[str, Text(20000)]


class EditEntry(In):
    """What is left out stays as it is. Fields of other kinds than the entry's are refused."""

    title: Annotated[str, Text(160, blank=False)] = ""
    description: _Words = ""
    owner_id: Id | None = None
    due_on: Day | None = None
    status: Annotated[str, OneOf(*RegisterEntry.Status.values)] = "open"
    resolution: _Words = ""
    is_client_visible: bool = False
    risk_type: Annotated[str, OneOf(*RegisterEntry.RiskType.values)] = "scope"
    probability: _Level = 1
    impact: _Level = 1
    response: Annotated[str, OneOf("", *RegisterEntry.Response.values)] = ""
    mitigation: _Words = ""
    impact_amount: PositiveAmount | None = Field(
        None, description="In the firm's own currency; only for who may see the project's cost."
    )
    priority: Annotated[str, OneOf(*RegisterEntry.Priority.values)] = "medium"
    price_amount: Amount | None = Field(
        None, description="In the contract's currency; only for who may see its prices."
    )
    delay_days: int | None = Field(None, ge=-1000, le=1000)
    amendment_reference: Annotated[str, Text(60)] = ""


class NewEntry(EditEntry):
    kind: Annotated[str, OneOf(*RegisterEntry.Kind.values)]
    title: Annotated[str, Text(160, blank=False)]


class EscalateIn(In):
    to_resource_id: Id
    reason: Annotated[str, Text(300, blank=False)]


@endpoints.list("/register", lists_register.REGISTERS, *SEE, name="RegisterEntry")
def list_register(request: ApiRequest) -> Any:
    """Risks, issues, actions, decisions and change requests of the projects you may open."""
    return selectors.register_rows(actor=request.actor, as_of=clock.today())


@endpoints.read("/register/{register_id}", EntryOut, *SEE)
def get_register_entry(request: ApiRequest, register_id: Id) -> Any:
    """One entry with the amounts you may see."""
    return selectors.entry_page(actor=request.actor, entry_id=register_id, as_of=clock.today())


@endpoints.write("POST", "/projects/{project_id}/register", EntryOut, *CHANGE, status=201)
def add_register_entry(request: ApiRequest, project_id: Id, body: NewEntry) -> Any:
    """Add an entry; it is numbered among its kind, and its owner is told."""
    made = register.add_entry(
        project_id=project_id, actor=request.actor, at=clock.now(), on=clock.today(),
        **body.given(),
    )  # fmt: skip
    return get_register_entry(request, register_id=made.pk)


@endpoints.write(
    "PATCH", "/register/{register_id}", EntryOut, *CHANGE, of=get_register_entry, versioned=True
)
def edit_register_entry(request: ApiRequest, register_id: Id, body: EditEntry) -> Any:
    """Change what is given; a status that ends it is dated today."""
    register.edit_entry(
        entry_id=register_id, lock_version=request.seen_version, actor=request.actor,
        at=clock.now(), on=clock.today(), **body.given(),
    )  # fmt: skip
    return get_register_entry(request, register_id=register_id)


@endpoints.write(
    "POST", "/register/{register_id}/escalate", EntryOut, *CHANGE, of=get_register_entry
)
def escalate_register_issue(request: ApiRequest, register_id: Id, body: EscalateIn) -> Any:
    """Put an open issue before somebody who can sign in."""
    register.escalate_issue(
        entry_id=register_id, actor=request.actor, at=clock.now(), on=clock.today(), **body.values()
    )
    return get_register_entry(request, register_id=register_id)
