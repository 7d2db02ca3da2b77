"""Amendments: drafting, what they change, acceptance, and the versions of a contract's terms."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.errors import DomainError
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import Day, Id, Minutes, Money, OneOf, PositiveAmount, Rate, Text
from sales.permissions import SalesPermission
from sales.rules.amendment import (
    KINDS,
    UNITS,
    Change,
    NewLimit,
    NewLine,
    NewRate,
    NewRetainer,
    NewTerm,
    NewValue,
)
from sales.rules.line_terms import MilestoneInput
from sales.selectors import amendments as selectors
from sales.selectors.contract_terms import ContractVersion
from sales.services import amendments

from .area import SEES, endpoints
from .quotes import QuoteLineIn, QuoteMilestoneIn


class AmendmentMilestoneOut(Out):
    """A milestone of a fixed price."""

    name: str
    due_on: Day
    amount: Money


class AmendmentTermOut(Out):
    """One side of a change; what does not belong to its kind is null."""

    amount: Money | None
    minutes: int | None
    starts_on: Day | None
    ends_on: Day | None
    unit: str
    milestones: list[AmendmentMilestoneOut]

    @staticmethod
    def resolve_milestones(term: Any) -> list[dict[str, Any]]:
        return [dict(zip(("name", "due_on", "amount"), part, strict=True)) for part in term.parts]


class AmendmentChangeOut(Out):
    """A term that changes; `was` is null for a new line, both are null where rates are hidden."""

    id: int
    kind: str
    about: str
    was: AmendmentTermOut | None
    becomes: AmendmentTermOut | None


class AmendmentOut(Out):
    """A numbered version of a contract's terms."""

    id: int = Field(alias="amendment.id")
    contract_id: int = Field(alias="amendment.contract_id")
    number: int = Field(alias="amendment.number")
    code: str
    title: str = Field(alias="amendment.title")
    reason: str = Field(alias="amendment.reason")
    effective_on: Day = Field(alias="amendment.effective_on")
    status: str = Field(alias="amendment.status")
    client_name: str = Field(alias="amendment.client_name")
    client_accepted_on: Day | None = Field(alias="amendment.client_accepted_on")
    created_at: datetime = Field(alias="amendment.created_at")
    in_force_at: datetime | None = Field(alias="amendment.in_force_at")
    value_difference: Money
    changes: list[AmendmentChangeOut]
    lock_version: int = Field(alias="amendment.lock_version")


class AmendmentRowOut(Out):
    id: int
    number: int
    title: str
    effective_on: Day
    status: str
    client_name: str
    client_accepted_on: Day | None
    in_force_at: datetime | None


class AmendmentsOut(Out):
    """The amendments of a contract, latest first."""

    amendments: list[AmendmentRowOut]


class ContractVersionOut(Out):
    """A contract's terms in one version; 0 is as signed. Rates are left out for who may not see them."""

    contract_id: int = Field(alias="contract.id")
    numbers: list[int]
    value: Money
    terms: shape(ContractVersion, "ContractTerms") = Field(alias="version")  # type: ignore[valid-type]


class AmendmentIn(In):
    title: Annotated[str, Text(160, blank=False)]
    reason: Annotated[str, Text(4000, blank=False)]
    effective_on: Day


class AmendmentChangeIn(In):
    """One change; each kind takes its own fields.

    new_line: terms, milestones. value: line_id, value_amount, milestones (those of a fixed price that
    are not due yet, all of them). limit: line_id, limit_amount (null lifts it). term: line_id (null:
    the contract), starts_on, ends_on. rate: line_id, role_id, price (null: the lists'), unit.
    retainer: line_id, amount, minutes.
    """

    kind: Annotated[str, OneOf(*KINDS)]
    line_id: Id | None = None
    role_id: Id | None = None
    terms: QuoteLineIn | None = None
    milestones: list[QuoteMilestoneIn] = Field(default=[], max_length=50)
    value_amount: PositiveAmount | None = None
    limit_amount: PositiveAmount | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    price: Rate | None = None
    unit: Annotated[str, OneOf(*UNITS)] = "hour"
    amount: PositiveAmount | None = None
    minutes: Minutes | None = None


class AcceptanceIn(In):
    client_name: Annotated[str, Text(120, blank=False)]
    accepted_on: Day


@endpoints.report("/contracts/{contract_id}/amendments", AmendmentsOut, *SEES)
def list_amendments(request: ApiRequest, contract_id: Id) -> Any:
    """The amendments of a contract."""
    return {"amendments": selectors.amendments_of(actor=request.actor, contract_id=contract_id)}


@endpoints.report("/contracts/{contract_id}/versions/{number}", ContractVersionOut, *SEES)
def get_contract_version(request: ApiRequest, contract_id: Id, number: int) -> Any:
    """A contract's terms as they were, or are, in one version."""
    return selectors.version_page(actor=request.actor, contract_id=contract_id, number=number)


@endpoints.read("/amendments/{amendment_id}", AmendmentOut, *SEES)
def get_amendment(request: ApiRequest, amendment_id: Id) -> Any:
    """One amendment with what it changes."""
    return selectors.amendment_page(actor=request.actor, amendment_id=amendment_id)


@endpoints.write(
    "POST",
    "/contracts/{contract_id}/amendments",
    AmendmentOut,
    SalesPermission.MANAGE,
    status=201,
)
def draft_amendment(request: ApiRequest, contract_id: Id, body: AmendmentIn) -> Any:
    """Start the next amendment of a contract."""
    made = amendments.draft_amendment(
        contract_id=contract_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_amendment(request, amendment_id=made.pk)


@endpoints.write(
    "PUT",
    "/amendments/{amendment_id}",
    AmendmentOut,
    SalesPermission.MANAGE,
    of=get_amendment,
    versioned=True,
)
def edit_amendment(request: ApiRequest, amendment_id: Id, body: AmendmentIn) -> Any:
    """Replace a draft's title, reason and day."""
    amendments.edit_amendment(
        amendment_id=amendment_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_amendment(request, amendment_id=amendment_id)


@endpoints.write(
    "POST",
    "/amendments/{amendment_id}/changes",
    AmendmentOut,
    SalesPermission.MANAGE,
    status=201,
    of=get_amendment,
)
def add_amendment_change(request: ApiRequest, amendment_id: Id, body: AmendmentChangeIn) -> Any:
    """Add to a draft what it changes."""
    amendments.add_change(
        amendment_id=amendment_id,
        change=_change(body),
        line_id=body.line_id,
        role_id=body.role_id,
        actor=request.actor,
        at=clock.now(),
    )
    return get_amendment(request, amendment_id=amendment_id)


@endpoints.write(
    "DELETE",
    "/amendments/{amendment_id}/changes/{change_id}",
    AmendmentOut,
    SalesPermission.MANAGE,
    of=get_amendment,
)
def remove_amendment_change(request: ApiRequest, amendment_id: Id, change_id: Id) -> Any:
    """Take a change out of a draft."""
    amendments.remove_change(
        amendment_id=amendment_id, change_id=change_id, actor=request.actor, at=clock.now()
    )
    return get_amendment(request, amendment_id=amendment_id)


@endpoints.write(
    "POST",
    "/amendments/{amendment_id}/acceptance",
    AmendmentOut,
    SalesPermission.MANAGE,
    of=get_amendment,
)
def record_acceptance(request: ApiRequest, amendment_id: Id, body: AcceptanceIn) -> Any:
    """Record that the client accepted; what it changes is frozen from then on."""
    amendments.record_acceptance(
        amendment_id=amendment_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_amendment(request, amendment_id=amendment_id)


@endpoints.write(
    "POST",
    "/amendments/{amendment_id}/withdraw",
    AmendmentOut,
    SalesPermission.MANAGE,
    of=get_amendment,
)
def withdraw_amendment(request: ApiRequest, amendment_id: Id, body: Nothing) -> Any:
    """Give up an amendment that is not in force."""
    amendments.withdraw_amendment(amendment_id=amendment_id, actor=request.actor, at=clock.now())
    return get_amendment(request, amendment_id=amendment_id)


def _change(body: AmendmentChangeIn) -> Change:
    """The body as the change that its kind says. Raises  DomainError naming what lacks."""
    milestones = tuple(MilestoneInput(**one.values()) for one in body.milestones)
    match body.kind:
        case "new_line":
            if body.terms is None:
                raise DomainError("A new line needs its terms.", field="terms")
            return NewLine(body.terms.as_terms(), milestones)
        case "value":
            return NewValue(_needed(body.value_amount, "value_amount"), milestones)
        case "limit":
            return NewLimit(body.limit_amount)
        case "term":
            return NewTerm(body.starts_on, body.ends_on)
        case "rate":
            return NewRate(body.price, body.unit)
        case _:
            return NewRetainer(_needed(body.amount, "amount"), body.minutes)


def _needed(amount: Decimal | None, field: str) -> Decimal:
    if amount is None:
        raise DomainError("This kind of change needs an amount.", field=field)
    return amount
