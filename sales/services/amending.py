"""An amendment comes into force: the room's part, the contract's own terms."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max

from psa.core.actor import Actor
from psa.core.automation.services import approvals
from sales import policies
from sales.models import AmendmentChange, Contract, ContractAmendment, ContractLine, RateOverride
from sales.rules import amendment as rules
from sales.rules.amendment import (
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
from sales.selectors import contract_terms

from . import accrual_terms, amendments, changes, quotes

GATE = "sales.amendment.put_in_force"


@dataclass(slots=True)
class Amended:
    """What changed, for the rooms that follow the terms: invoice schedules, revenue, priced work."""

    amendment: ContractAmendment
    contract: Contract
    added: list[tuple[ContractLine, tuple[MilestoneInput, ...]]] = field(default_factory=list)
    # Lines whose invoice schedule changes: a fixed price with its open milestones, or a retainer.
    scheduled: list[tuple[ContractLine, tuple[MilestoneInput, ...]]] = field(default_factory=list)
    # Lines that are worth something else, or run for another time.
    revalued: dict[int, ContractLine] = field(default_factory=dict)
    # Lines whose approved work is priced again from the effective day on.
    repriced_line_ids: list[int] = field(default_factory=list)


def put_in_force(*, amendment_id: int, actor: Actor, at: datetime) -> Amended:
    """Write an accepted amendment's terms into its contract, keeping the former ones as a version.

    The caller holds the transaction and lets the other rooms follow. Locks the contract, then its
    lines by id.
    Raises  NotFound, PermissionDenied; Conflict if it is not accepted, or its contract is over;
            ApprovalRequired; DomainError naming what no longer fits.
    """
    row = amendments.amendment_for_edit(amendment_id=amendment_id, actor=actor)
    amendments.check_is_accepted(row)
    approvals.check_gate(gate=GATE, record_id=row.pk, at=at)
    return _write(row, actor, at)


def try_out(*, amendment_id: int, actor: Actor, at: datetime) -> Amended:
    """As `put_in_force`, of one that is still to be accepted or approved too.

    For showing what would happen: call it where the transaction is rolled back.
    """
    row = amendments.amendment_for_edit(amendment_id=amendment_id, actor=actor)
    amendments.check_is_pending(row)
    if row.client_accepted_on is None:
        # The database wants an acceptance with the state.
        row.client_accepted_on, row.client_name = at.date(), "–"
    return _write(row, actor, at)


def _write(row: ContractAmendment, actor: Actor, at: datetime) -> Amended:
    contract = row.contract
    policies.check_can_amend(contract)
    accrual_terms.lines_with_terms((), contract_ids=[contract.pk])
    stored = list(row.changes.order_by("position"))
    wanted = [selectors.wanted(one) for one in stored]
    rules.check_set(wanted)
    amendments.check_day(contract, row.effective_on)
    former = contract_terms.terms_of(contract)
    facts = contract_terms.facts_of(contract)
    lines = {line.pk: line for line in contract.lines.all()}
    done = Amended(row, contract)
    for one, each in zip(stored, wanted, strict=True):
        rules.check_change(each.change, facts.get(one.line_id or 0))
        _apply(done, one, each.change, lines, actor)
    _retainers(done, facts, lines, row.effective_on)
    _keep(done, former, actor, at)
    return done


def _apply(
    done: Amended,
    row: AmendmentChange,
    change: Change,
    lines: dict[int, ContractLine],
    actor: Actor,
) -> None:
    line = lines.get(row.line_id or 0)
    before: Change | None = None
    match change:
        case NewLine():
            made = _add_line(done, change, actor)
            row.line_id = made.pk
        case NewTerm() if line is None:
            before = NewTerm(done.contract.starts_on, done.contract.ends_on)
            _set_term(done.contract, change)
        case NewTerm():
            assert line is not None  # the case before
            before = NewTerm(line.starts_on, line.ends_on)
            _set_term(line, change)
            done.revalued[line.pk] = line
        case NewValue():
            assert line is not None  # check_change
            before = NewValue(line.value_amount, _open_milestones(line))
            line.value_amount = change.value_amount
            line.save(update_fields=["value_amount"])
            done.revalued[line.pk] = line
            if line.billing_method == ContractLine.Method.FIXED_PRICE:
                done.scheduled.append((line, change.milestones))
        case NewLimit():
            assert line is not None  # check_change
            before = NewLimit(line.not_to_exceed_amount)
            line.not_to_exceed_amount = change.limit_amount
            line.save(update_fields=["not_to_exceed_amount"])
            if rules.lowers_limit(before.limit_amount, change.limit_amount):
                done.repriced_line_ids.append(line.pk)
        case NewRate():
            assert line is not None and row.role_id is not None  # check_change and the database
            before = _set_rate(line, row.role_id, change)
            done.repriced_line_ids.append(line.pk)
        case NewRetainer():
            assert line is not None  # check_change
            before = NewRetainer(line.retainer_amount or Decimal(0), line.retainer_minutes)
            line.retainer_amount = change.amount
            line.retainer_minutes = change.minutes
            line.save(update_fields=["retainer_amount", "retainer_minutes"])
            done.revalued[line.pk] = line
    row.before = rules.stored(before) if before is not None else None
    row.save(update_fields=["before", "line"])


def _add_line(done: Amended, change: NewLine, actor: Actor) -> ContractLine:
    contract, terms = done.contract, change.terms
    values = quotes.values_of(terms, currency=contract.currency)
    values["value_amount"] = rules.value_of_new(change)
    values["starts_on"] = terms.starts_on or done.amendment.effective_on
    last = contract.lines.aggregate(last=Max("position"))["last"] or 0
    made: ContractLine = ContractLine.objects.create(
        tenant_id=actor.tenant_id, contract=contract, position=last + 1, **values
    )
    done.added.append((made, change.milestones))
    return made


def _set_term(record: Contract | ContractLine, change: NewTerm) -> None:
    if change.starts_on is not None:
        record.starts_on = change.starts_on
    if change.ends_on is not None:
        record.ends_on = change.ends_on
    record.save(update_fields=["starts_on", "ends_on"])


def _set_rate(line: ContractLine, role_id: int, change: NewRate) -> NewRate:
    standing = RateOverride.objects.filter(line=line, role_id=role_id).first()
    before = NewRate(standing.price, standing.unit) if standing else NewRate(None)
    if change.price is None:
        RateOverride.objects.filter(line=line, role_id=role_id).delete()
        return before
    RateOverride.objects.update_or_create(
        tenant_id=line.tenant_id,
        line=line,
        role_id=role_id,
        defaults={"price": change.price, "unit": change.unit},
    )
    return before


def _retainers(
    done: Amended,
    facts: dict[int, rules.LineFacts],
    lines: dict[int, ContractLine],
    effective_on: date,
) -> None:
    """A retainer is worth its months: of former and of new amount, over its present term."""
    for line_id, line in done.revalued.items():
        if line.billing_method != ContractLine.Method.RETAINER:
            continue
        line.value_amount = rules.retainer_value(
            facts[line_id],
            effective_on=effective_on,
            amount=line.retainer_amount,
            term=NewTerm(line.starts_on, line.ends_on),
        )
        line.save(update_fields=["value_amount"])
        done.scheduled.append((line, ()))


def _open_milestones(line: ContractLine) -> tuple[MilestoneInput, ...]:
    rows = contract_terms.milestones_of([line.pk]).get(line.pk, ())
    return tuple(MilestoneInput(one.name, one.due_on, one.amount) for one in rows if one.is_open)


def _keep(done: Amended, former: dict[str, object], actor: Actor, at: datetime) -> None:
    row = done.amendment
    row.terms_before = former
    row.in_force_at = at
    row.in_force_by_id = actor.membership_id
    row.status = ContractAmendment.Status.IN_FORCE
    names = (
        "terms_before", "in_force_at", "in_force_by", "status", "client_accepted_on", "client_name",
    )  # fmt: skip
    changes.save(row, dict.fromkeys(names))
    done.contract.lock_version += 1
    done.contract.save(update_fields=["lock_version"])
    amendments.tell(
        row, actor, at, "in_force", f"put amendment {row.number} “{row.title}” in force"
    )
