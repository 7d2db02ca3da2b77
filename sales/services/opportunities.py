"""Deals in the making: create, edit, move through the pipeline, lose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.custom_fields.services import values as custom_values
from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of
from psa.core.org.models import TenantParameters
from sales import policies
from sales.models import Opportunity, OpportunityStage, Quote, QuoteLineDetail
from sales.permissions import SalesPermission
from sales.selectors import visibility
from sales.services import changes, numbers, pipeline

RECORD = "sales.Opportunity"


@dataclass(frozen=True, slots=True)
class OpportunityFacts:
    """What a form says about an opportunity. `estimated_amount` is in `currency`."""

    name: str
    account_id: int
    contracting_unit_id: int
    currency: str
    close_on: date
    estimated_amount: Decimal = Decimal(0)
    needed_by_on: date | None = None
    source: str = ""
    competitors: str = ""
    description: str = ""
    owner_id: int | None = None


@transaction.atomic
def create_opportunity(
    *,
    facts: OpportunityFacts,
    actor: Actor,
    at: datetime,
    custom: Mapping[str, object] | None = None,
) -> Opportunity:
    """Open an opportunity in the pipeline's first stage; its owner is the actor by default.

    Raises  NotFound for a customer the actor may not see; DomainError naming a field.
    """
    actor.require(SalesPermission.MANAGE)
    _check(facts, actor=actor)
    stages = pipeline.seed_pipeline(tenant_id=actor.tenant_id)
    first = next(s for s in stages.values() if s.outcome == policies.OPEN_OUTCOME)
    opportunity: Opportunity = Opportunity.objects.create(
        tenant_id=actor.tenant_id,
        number=numbers.next_number(kind="opportunity", tenant_id=actor.tenant_id),
        stage=first,
        created_at=at,
        **_values(facts, default_owner_id=actor.membership_id),
    )
    audit.record(
        actor=actor, at=at, event="sales.opportunity.created", record_type=RECORD,
        record_id=opportunity.pk, sentence=f"created {opportunity.number} {opportunity.name}",
    )  # fmt: skip
    custom_values.set_with_record(
        record_type=RECORD, record_id=opportunity.pk, values=custom, actor=actor, at=at
    )
    return opportunity


@transaction.atomic
def edit_opportunity(
    *,
    opportunity_id: int,
    lock_version: int,
    facts: OpportunityFacts,
    actor: Actor,
    at: datetime,
    custom: Mapping[str, object] | None = None,
) -> Opportunity:
    """Change an open opportunity. Raises  Conflict if it is decided or changed meanwhile.

    Its currency is fixed once there is a quote: a quote's figures are in it.
    """
    actor.require(SalesPermission.MANAGE)
    opportunity = visibility.get_opportunity(actor=actor, opportunity_id=opportunity_id, lock=True)
    policies.check_version(opportunity, lock_version)
    policies.check_is_open(opportunity)
    _check(facts, actor=actor)
    if facts.currency != opportunity.currency and opportunity.quotes.exists():
        raise DomainError(
            "There is a quote in the present currency. Lose this opportunity and open another in "
            "the new one.",
            field="currency",
        )
    changed = changes.apply(opportunity, _values(facts, default_owner_id=opportunity.owner_id))
    changes.save(opportunity, changed)
    if changed:
        words = ", ".join(field.removesuffix("_id").replace("_", " ") for field in changed)
        audit.record(
            actor=actor, at=at, event="sales.opportunity.edited", record_type=RECORD,
            record_id=opportunity.pk, sentence=f"changed {words}", changes=changed,
        )  # fmt: skip
    custom_values.set_with_record(
        record_type=RECORD, record_id=opportunity.pk, values=custom, actor=actor, at=at
    )
    return opportunity


@transaction.atomic
def move_opportunity(
    *, opportunity_id: int, stage_id: int, actor: Actor, at: datetime
) -> Opportunity:
    """Move an opportunity to another open stage.

    Raises  DomainError if the stage is an outcome, or an estimate is required and missing.
    """
    actor.require(SalesPermission.MANAGE)
    opportunity = visibility.get_opportunity(actor=actor, opportunity_id=opportunity_id, lock=True)
    to = OpportunityStage.objects.filter(pk=stage_id).first()
    if to is None:
        raise DomainError("This stage is not in the pipeline. Choose another.", field="stage")
    if to.pk == opportunity.stage_id:
        return opportunity
    propose = OpportunityStage.objects.filter(code=policies.PROPOSE_STAGE).first()
    policies.check_can_move(
        opportunity,
        to,
        has_estimate=has_estimate(opportunity),
        estimate_required=is_estimate_required(),
        propose_position=propose.position if propose else None,
    )
    before = opportunity.stage.name
    opportunity.stage = to
    changes.save(opportunity, {"stage": (before, to.name)})
    audit.record(
        actor=actor, at=at, event="sales.opportunity.moved", record_type=RECORD,
        record_id=opportunity.pk, sentence=f"moved it from {before} to {to.name}",
        changes={"stage": (before, to.name)},
    )  # fmt: skip
    return opportunity


@transaction.atomic
def lose_opportunity(
    *, opportunity_id: int, reason: str, actor: Actor, at: datetime
) -> Opportunity:
    """Close an opportunity as lost, with its open quotes. Raises  Conflict if decided already."""
    actor.require(SalesPermission.MANAGE)
    opportunity = visibility.get_opportunity(actor=actor, opportunity_id=opportunity_id, lock=True)
    policies.check_is_open(opportunity)
    if not reason.strip():
        raise DomainError("Say why it was lost, in a few words.", field="reason")
    lost = pipeline.seed_pipeline(tenant_id=actor.tenant_id)["lost"]
    before = opportunity.stage.name
    opportunity.stage = lost
    opportunity.loss_reason = reason.strip()
    opportunity.closed_at = at
    changes.save(opportunity, {"stage": None, "loss_reason": None, "closed_at": None})
    Quote.objects.filter(
        opportunity=opportunity, status__in=(Quote.Status.DRAFT, Quote.Status.SENT)
    ).update(status=Quote.Status.LOST, decided_at=at)
    audit.record(
        actor=actor, at=at, event="sales.opportunity.lost", record_type=RECORD,
        record_id=opportunity.pk, sentence=f"lost it: {opportunity.loss_reason}",
        changes={"stage": (before, lost.name)},
    )  # fmt: skip
    return opportunity


@transaction.atomic
def add_note(*, opportunity_id: int, text: str, actor: Actor, at: datetime) -> None:
    """Add a note, call or meeting to the opportunity's activity."""
    actor.require(SalesPermission.MANAGE)
    opportunity = visibility.get_opportunity(actor=actor, opportunity_id=opportunity_id)
    if not text.strip():
        raise DomainError("The note is empty. Write what happened.", field="text")
    audit.record(
        actor=actor, at=at, event="sales.opportunity.note", record_type=RECORD,
        record_id=opportunity.pk, sentence="wrote a note", changes={"note": ("", text.strip())},
    )  # fmt: skip


def has_estimate(opportunity: Opportunity) -> bool:
    """Whether any quote of it has at least one estimated row."""
    return QuoteLineDetail.objects.filter(line__quote__opportunity=opportunity).exists()


def is_estimate_required() -> bool:
    """The tenant's parameter; required unless it says otherwise."""
    return (
        TenantParameters.objects.values_list("estimate_required_before_propose", flat=True).first()
        is not False
    )


def _check(facts: OpportunityFacts, *, actor: Actor) -> None:
    visibility.get_account(actor=actor, account_id=facts.account_id)
    try:
        currency_of(facts.currency)
    except DomainError as error:
        raise DomainError(error.message, field="currency") from error
    if facts.estimated_amount < 0:
        raise DomainError("The estimated value cannot be negative.", field="estimated_amount")


def _values(facts: OpportunityFacts, *, default_owner_id: int) -> dict[str, object]:
    return {
        "name": facts.name.strip(),
        "account_id": facts.account_id,
        "contracting_unit_id": facts.contracting_unit_id,
        "currency": facts.currency,
        "close_on": facts.close_on,
        "estimated_amount": facts.estimated_amount,
        "needed_by_on": facts.needed_by_on,
        "source": facts.source,
        "competitors": facts.competitors,
        "description": facts.description,
        "owner_id": facts.owner_id if facts.owner_id is not None else default_owner_id,
    }
