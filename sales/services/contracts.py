"""Contracts: their state, header, limits, chargeability and agreed rates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.services import approvals
from psa.core.custom_fields.services import values as custom_values
from psa.core.errors import Conflict, DomainError
from psa.core.ledger.rules.types import BillingType
from sales import policies
from sales.models import ChargeabilityRule, Contract, ContractLimit, ContractLine, RateOverride
from sales.permissions import SalesPermission
from sales.selectors import visibility
from sales.services import changes, parked

RECORD = "sales.Contract"


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """Facts of the header that are no terms: they may change while a contract lives."""

    name: str
    owner_id: int
    bill_to_name: str = ""
    bill_to_address: str = ""
    bill_to_email: str = ""
    po_number: str = ""
    po_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LimitRaised:
    """A changed not-to-exceed limit, and how much parked work it released."""

    contract_id: int
    line_id: int
    before_amount: Decimal | None
    after_amount: Decimal | None
    released_amount: Decimal


@transaction.atomic
def confirm_contract(*, contract_id: int, actor: Actor, at: datetime) -> Contract:
    """Make a draft contract binding.

    Raises  Conflict, DomainError if it has no lines; ApprovalRequired where a rule of the firm wants
            somebody's approval first.
    """
    contract = contract_for_edit(contract_id=contract_id, actor=actor)
    if not contract.lines.exists():
        raise DomainError(f"Contract {contract.number} has no lines, so nothing is agreed yet.")
    approvals.check_gate(gate="sales.contract.confirm", record_id=contract.pk, at=at)
    _to_state(contract, Contract.Status.CONFIRMED)
    _tell(contract, actor, at, "confirmed", "confirmed the contract")
    return contract


@transaction.atomic
def hold_contract(*, contract_id: int, reason: str, actor: Actor, at: datetime) -> Contract:
    """Stop new time and invoices, with a reason that is shown to those stopped."""
    contract = contract_for_edit(contract_id=contract_id, actor=actor)
    if not reason.strip():
        raise DomainError("Say why: those who are stopped by it will read it.", field="reason")
    contract.hold_reason = reason.strip()
    _to_state(contract, Contract.Status.ON_HOLD, "hold_reason")
    _tell(contract, actor, at, "held", f"put it on hold: {contract.hold_reason}")
    return contract


@transaction.atomic
def resume_contract(*, contract_id: int, actor: Actor, at: datetime) -> Contract:
    """Let work and invoices go on after a hold."""
    contract = contract_for_edit(contract_id=contract_id, actor=actor)
    if contract.status != Contract.Status.ON_HOLD:
        raise Conflict(f"Contract {contract.number} is not on hold.")
    contract.hold_reason = ""
    _to_state(contract, Contract.Status.CONFIRMED, "hold_reason")
    _tell(contract, actor, at, "resumed", "resumed the contract")
    return contract


@transaction.atomic
def edit_header(
    *,
    contract_id: int,
    lock_version: int,
    facts: HeaderFacts,
    actor: Actor,
    at: datetime,
    custom: Mapping[str, object] | None = None,
) -> Contract:
    """Change name, owner, bill-to and purchase order. Terms change by amendment only."""
    contract = contract_for_edit(contract_id=contract_id, actor=actor)
    policies.check_version(contract, lock_version)
    policies.check_contract_is_live(contract)
    if facts.po_amount is not None and facts.po_amount < 0:
        raise DomainError("The order's amount cannot be negative.", field="po_amount")
    changed = changes.apply(
        contract,
        {
            "name": facts.name.strip(),
            "owner_id": facts.owner_id,
            "bill_to_name": facts.bill_to_name,
            "bill_to_address": facts.bill_to_address,
            "bill_to_email": facts.bill_to_email,
            "po_number": facts.po_number,
            "po_amount": facts.po_amount,
        },
    )
    changes.save(contract, changed)
    if changed:
        words = ", ".join(field.removesuffix("_id").replace("_", " ") for field in changed)
        _tell(contract, actor, at, "edited", f"changed {words}", changed)
    custom_values.set_with_record(
        record_type=RECORD, record_id=contract.pk, values=custom, actor=actor, at=at
    )
    return contract


@transaction.atomic
def raise_not_to_exceed(
    *,
    line_id: int,
    limit_amount: Decimal | None,
    reason: str,
    actor: Actor,
    at: datetime,
    today_on: date,
) -> LimitRaised:
    """Raise, or with None lift, a line's not-to-exceed limit, with a reason.

    Locks the contract, then the line: the order in which approvals take them, so that work
    priced at the same moment sees the old limit or the new one, never half. Parked work takes the
    new room at once, oldest first, dated `today_on`.
    Raises  PeriodClosed; DomainError if the limit would fall: what was accrued under it cannot be
            undone here.
    Source  docs/rules/sales.md, S-7.
    """
    line = visibility.get_contract_line(actor=actor, line_id=line_id)
    contract = contract_for_edit(contract_id=line.contract_id, actor=actor)
    policies.check_contract_is_live(contract)
    line = ContractLine.objects.select_for_update().get(pk=line_id)
    before = line.not_to_exceed_amount
    if line.billing_method != ContractLine.Method.TIME_AND_MATERIAL:
        raise DomainError(f"“{line.name}” is not time and material, so it has no limit.")
    if not reason.strip():
        raise DomainError("Say who agreed to the new limit, and why.", field="reason")
    if limit_amount is not None and (before is None or limit_amount <= before):
        raise DomainError(
            "The new limit must be above the present one. Lowering a limit is an amendment.",
            field="limit_amount",
        )
    line.not_to_exceed_amount = limit_amount
    line.save(update_fields=["not_to_exceed_amount"])
    _tell(
        contract, actor, at, "limit_raised", f"raised the limit of “{line.name}”: {reason.strip()}",
        {"not_to_exceed_amount": (before, limit_amount)},
    )  # fmt: skip
    released = parked.release_freed_room(
        contract_ids=[contract.pk], actor=actor, at=at, today_on=today_on
    )
    return LimitRaised(contract.pk, line.pk, before, limit_amount, released)


@transaction.atomic
def set_contract_limit(
    *,
    contract_id: int,
    limit_amount: Decimal,
    warning_percent: Decimal | None = None,
    account_id: int | None = None,
    line_id: int | None = None,
    actor: Actor,
    at: datetime,
    today_on: date,
) -> ContractLimit:
    """Set the limit of the whole contract, of one customer of it, or of a customer on a line.

    Parked work that a higher limit has room for is released, oldest first, dated `today_on`.
    """
    contract = contract_for_edit(contract_id=contract_id, actor=actor)
    policies.check_contract_is_live(contract)
    if limit_amount < 0:
        raise DomainError("A limit cannot be negative.", field="limit_amount")
    if line_id is not None and not contract.lines.filter(pk=line_id).exists():
        raise DomainError("Choose a line of this contract.", field="line")
    if account_id is not None:
        visibility.get_account(actor=actor, account_id=account_id)
    limit, _created = ContractLimit.objects.update_or_create(
        tenant_id=actor.tenant_id,
        contract=contract,
        line_id=line_id,
        account_id=account_id,
        defaults={"limit_amount": limit_amount, "warning_percent": warning_percent},
    )
    _tell(contract, actor, at, "limit_set", "set a limit of the contract")
    parked.release_freed_room(contract_ids=[contract.pk], actor=actor, at=at, today_on=today_on)
    return limit


@transaction.atomic
def remove_contract_limit(*, limit_id: int, actor: Actor, at: datetime, today_on: date) -> Contract:
    """Take a contract's extra limit away; what it parked is released, dated `today_on`."""
    contract_id = (
        ContractLimit.objects.filter(pk=limit_id).values_list("contract_id", flat=True).first()
    )
    contract = contract_for_edit(contract_id=contract_id or 0, actor=actor)
    policies.check_contract_is_live(contract)
    ContractLimit.objects.filter(pk=limit_id).delete()
    _tell(contract, actor, at, "limit_removed", "removed a limit of the contract")
    parked.release_freed_room(contract_ids=[contract.pk], actor=actor, at=at, today_on=today_on)
    return contract


@transaction.atomic
def add_chargeability_rule(
    *,
    line_id: int,
    billing_type: str,
    role_id: int | None = None,
    category_id: int | None = None,
    resource_id: int | None = None,
    task_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> ChargeabilityRule:
    """Say what of a line is chargeable; the most specific rule wins.

    Raises  Conflict if the line has a rule for the same work.
    """
    contract, line = _line_for_edit(line_id=line_id, actor=actor)
    if billing_type not in [str(b) for b in BillingType]:
        raise DomainError("Choose how such work is charged.", field="billing_type")
    try:
        with transaction.atomic():
            rule: ChargeabilityRule = ChargeabilityRule.objects.create(
                tenant_id=actor.tenant_id,
                line=line,
                role_id=role_id,
                category_id=category_id,
                resource_id=resource_id,
                task_id=task_id,
                billing_type=billing_type,
            )
    except IntegrityError as error:
        raise Conflict(
            f"“{line.name}” has a rule for the same work already. Remove that one first."
        ) from error
    _tell(contract, actor, at, "chargeability", f"added a chargeability rule to “{line.name}”")
    return rule


@transaction.atomic
def remove_chargeability_rule(*, rule_id: int, actor: Actor, at: datetime) -> Contract:
    """Take a chargeability rule away; what was accrued under it stays."""
    line_id = ChargeabilityRule.objects.filter(pk=rule_id).values_list("line_id", flat=True).first()
    contract, line = _line_for_edit(line_id=line_id or 0, actor=actor)
    ChargeabilityRule.objects.filter(pk=rule_id).delete()
    _tell(contract, actor, at, "chargeability", f"removed a chargeability rule of “{line.name}”")
    return contract


@transaction.atomic
def set_rate_override(
    *,
    line_id: int,
    role_id: int,
    price: Decimal,
    unit: str = "hour",
    actor: Actor,
    at: datetime,
) -> RateOverride:
    """Agree the bill rate of a role on a line, in the contract's currency per hour or day."""
    contract, line = _line_for_edit(line_id=line_id, actor=actor)
    if price < 0:
        raise DomainError("A rate cannot be negative.", field="price")
    override, _created = RateOverride.objects.update_or_create(
        tenant_id=actor.tenant_id,
        line=line,
        role_id=role_id,
        defaults={"price": price, "unit": unit},
    )
    _tell(contract, actor, at, "rate_agreed", f"agreed the rate of a role on “{line.name}”")
    return override


@transaction.atomic
def remove_rate_override(*, override_id: int, actor: Actor, at: datetime) -> Contract:
    """Take an agreed rate away; the price lists count again for work from now on."""
    line_id = RateOverride.objects.filter(pk=override_id).values_list("line_id", flat=True).first()
    contract, line = _line_for_edit(line_id=line_id or 0, actor=actor)
    RateOverride.objects.filter(pk=override_id).delete()
    _tell(contract, actor, at, "rate_removed", f"removed an agreed rate of “{line.name}”")
    return contract


def contract_for_edit(*, contract_id: int, actor: Actor) -> Contract:
    """The contract, locked, if the actor may see and change it. Raises  NotFound first."""
    contract = visibility.get_contract(actor=actor, contract_id=contract_id, lock=True)
    actor.require(SalesPermission.MANAGE)
    return contract


def _line_for_edit(*, line_id: int, actor: Actor) -> tuple[Contract, ContractLine]:
    line = visibility.get_contract_line(actor=actor, line_id=line_id)
    contract = contract_for_edit(contract_id=line.contract_id, actor=actor)
    policies.check_contract_is_live(contract)
    return contract, line


def _to_state(contract: Contract, to: str, *fields: str) -> None:
    policies.check_contract_transition(contract, to)
    contract.status = to
    changes.save(contract, dict.fromkeys(("status", *fields)))


def _tell(
    contract: Contract,
    actor: Actor,
    at: datetime,
    event: str,
    sentence: str,
    changed: dict[str, tuple[object, object]] | None = None,
) -> None:
    audit.record(
        actor=actor, at=at, event=f"sales.contract.{event}", record_type=RECORD,
        record_id=contract.pk, sentence=sentence, changes=changed,
    )  # fmt: skip
