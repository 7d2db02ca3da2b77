"""Amendments of a contract, up to the client's acceptance: drafted, changed, accepted, withdrawn."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from sales import policies
from sales.models import AmendmentChange, Contract, ContractAmendment
from sales.rules import amendment as rules
from sales.rules.amendment import Change, NewLine
from sales.rules.line_terms import MilestoneInput
from sales.rules.quote_analysis import check_milestones_sum
from sales.selectors import amendments as selectors
from sales.selectors import contract_terms

from . import changes, contracts, quotes

RECORD = "sales.ContractAmendment"
Status = ContractAmendment.Status


@transaction.atomic
def draft_amendment(
    *,
    contract_id: int,
    title: str,
    reason: str,
    effective_on: date,
    actor: Actor,
    at: datetime,
) -> ContractAmendment:
    """Start the next amendment of a live contract, numbered in turn.

    Raises  NotFound, PermissionDenied; Conflict if the contract is over or still a draft;
            DomainError naming the field.
    """
    contract = contracts.contract_for_edit(contract_id=contract_id, actor=actor)
    return draft_for(contract, title, reason, effective_on, actor=actor, at=at)


def draft_for(
    contract: Contract,
    title: str,
    reason: str,
    effective_on: date,
    *,
    actor: Actor,
    at: datetime,
) -> ContractAmendment:
    """The next amendment of a contract that is locked; whoever calls has asked who may."""
    policies.check_can_amend(contract)
    _check_words(title, reason)
    check_day(contract, effective_on)
    last = contract.amendments.aggregate(last=Max("number"))["last"] or 0
    made: ContractAmendment = ContractAmendment.objects.create(
        tenant_id=actor.tenant_id,
        contract=contract,
        number=last + 1,
        title=title.strip(),
        reason=reason.strip(),
        effective_on=effective_on,
        created_by_id=actor.membership_id,
        created_at=at,
    )
    tell(made, actor, at, "drafted", f"drafted amendment {made.number} “{made.title}”")
    return made


@transaction.atomic
def edit_amendment(
    *,
    amendment_id: int,
    lock_version: int | None,
    title: str,
    reason: str,
    effective_on: date,
    actor: Actor,
    at: datetime,
) -> ContractAmendment:
    """Change a draft's title, reason and day. Raises  Conflict if it is frozen or was changed."""
    row = draft_for_edit(amendment_id=amendment_id, actor=actor)
    policies.check_version(row, lock_version)
    _check_words(title, reason)
    check_day(row.contract, effective_on)
    changed = changes.apply(
        row, {"title": title.strip(), "reason": reason.strip(), "effective_on": effective_on}
    )
    changes.save(row, changed)
    if changed:
        words = ", ".join(field.replace("_", " ") for field in changed)
        tell(row, actor, at, "edited", f"changed {words} of amendment {row.number}")
    return row


@transaction.atomic
def add_change(
    *,
    amendment_id: int,
    change: Change,
    line_id: int | None = None,
    role_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> AmendmentChange:
    """Add to a draft what it changes; `line_id` None is a new line, or the contract's own dates.

    Raises  NotFound, PermissionDenied (rates of a contract whose rates the actor may not see),
            Conflict if it is no draft any more; DomainError naming the field.
    """
    row = draft_for_edit(amendment_id=amendment_id, actor=actor)
    if rules.kind_of(change) == AmendmentChange.Kind.RATE:
        policies.check_sees_rates(actor, row.contract)
    return add_to_draft(row, change, line_id=line_id, role_id=role_id, actor=actor, at=at)


def add_to_draft(
    row: ContractAmendment,
    change: Change,
    *,
    line_id: int | None = None,
    role_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> AmendmentChange:
    """As `add_change`, to a draft whose contract is locked; whoever calls has asked who may."""
    kind = rules.kind_of(change)
    if kind == AmendmentChange.Kind.RATE:
        if role_id is None:
            raise DomainError("Choose the role.", field="role")
    else:
        role_id = None
    lines = contract_terms.facts_of(row.contract)
    if isinstance(change, NewLine):
        line_id = None
        change = _whole(change, row.contract)
    if line_id is not None and line_id not in lines:
        raise DomainError("Choose a line of this contract.", field="line")
    rules.check_change(change, lines.get(line_id or 0))
    _check_once(row, kind, line_id, role_id)
    made: AmendmentChange = AmendmentChange.objects.create(
        tenant_id=actor.tenant_id,
        amendment=row,
        position=(row.changes.aggregate(last=Max("position"))["last"] or 0) + 1,
        kind=kind,
        line_id=line_id,
        role_id=role_id,
        after=rules.stored(change),
    )
    changes.save(row, {"lock_version": None})
    about = lines[line_id].name if line_id is not None else "the contract"
    tell(
        row,
        actor,
        at,
        "edited",
        f"amendment {row.number} changes {kind.replace('_', ' ')} of {about}",
    )
    return made


@transaction.atomic
def remove_change(
    *, amendment_id: int, change_id: int, actor: Actor, at: datetime
) -> ContractAmendment:
    """Take a change out of a draft. Raises  NotFound, PermissionDenied, Conflict."""
    row = draft_for_edit(amendment_id=amendment_id, actor=actor)
    gone = row.changes.filter(pk=change_id)
    if not gone.exists():
        raise NotFound("There is no such change in this amendment.")
    gone.delete()
    changes.save(row, {"lock_version": None})
    tell(row, actor, at, "edited", f"took a change out of amendment {row.number}")
    return row


@transaction.atomic
def record_acceptance(
    *, amendment_id: int, client_name: str, accepted_on: date, actor: Actor, at: datetime
) -> ContractAmendment:
    """Record that the client accepted; from now on what it changes is frozen.

    Raises  NotFound, PermissionDenied, Conflict; DomainError if it changes nothing.
    """
    row = draft_for_edit(amendment_id=amendment_id, actor=actor)
    rules.check_set([selectors.wanted(one) for one in row.changes.all()])
    name = client_name.strip()
    if not name or len(name) > 120:
        raise DomainError(
            "Say who accepted for the client, in at most 120 characters.", field="client_name"
        )
    if accepted_on > at.date():
        raise DomainError("Nobody can have accepted on a day to come.", field="accepted_on")
    row.client_name = name
    row.client_accepted_on = accepted_on
    row.status = Status.ACCEPTED
    changes.save(row, dict.fromkeys(("client_name", "client_accepted_on", "status")))
    tell(row, actor, at, "accepted", f"recorded that {name} accepted amendment {row.number}")
    return row


@transaction.atomic
def withdraw_amendment(*, amendment_id: int, actor: Actor, at: datetime) -> ContractAmendment:
    """Give up an amendment that is not in force. Raises  NotFound, PermissionDenied, Conflict."""
    row = amendment_for_edit(amendment_id=amendment_id, actor=actor)
    check_is_pending(row)
    row.status = Status.WITHDRAWN
    changes.save(row, {"status": None})
    tell(row, actor, at, "withdrawn", f"withdrew amendment {row.number}")
    return row


def amendment_for_edit(*, amendment_id: int, actor: Actor) -> ContractAmendment:
    """The amendment under its contract's lock, if the actor may see and amend the contract.

    Raises  NotFound first, then PermissionDenied.
    """
    seen = selectors.get_amendment(actor=actor, amendment_id=amendment_id)
    contract = contracts.contract_for_edit(contract_id=seen.contract_id, actor=actor)
    row: ContractAmendment = ContractAmendment.objects.select_for_update().get(pk=amendment_id)
    row.contract = contract
    return row


def draft_for_edit(*, amendment_id: int, actor: Actor) -> ContractAmendment:
    """As `amendment_for_edit`. Raises  Conflict if it is no draft."""
    row = amendment_for_edit(amendment_id=amendment_id, actor=actor)
    if row.status != Status.DRAFT:
        raise Conflict(_state(row))
    return row


def tell(row: ContractAmendment, actor: Actor, at: datetime, event: str, sentence: str) -> None:
    """Into the trail of the amendment, and of the contract that it amends."""
    for record_type, pk in ((RECORD, row.pk), (contracts.RECORD, row.contract_id)):
        audit.record(
            actor=actor, at=at,
            event=f"sales.{'amendment' if record_type == RECORD else 'contract.amendment'}.{event}",
            record_type=record_type, record_id=pk, sentence=sentence,
        )  # fmt: skip


def _state(row: ContractAmendment) -> str:
    words = {
        Status.ACCEPTED: "was accepted by the client, so it can no longer be changed. Withdraw it "
        "and draft another.",
        Status.IN_FORCE: "is in force. What it changed is changed by another amendment.",
        Status.WITHDRAWN: "was withdrawn.",
    }
    said = words.get(Status(row.status), "is a draft; record the client's acceptance first.")
    return f"Amendment {row.number} {said}"


def check_is_pending(row: ContractAmendment) -> None:
    """Raises  Conflict if it is in force or withdrawn."""
    if row.status not in (Status.DRAFT, Status.ACCEPTED):
        raise Conflict(_state(row))


def check_is_accepted(row: ContractAmendment) -> None:
    """Raises  Conflict unless the client accepted, and it is not in force yet."""
    if row.status != Status.ACCEPTED:
        raise Conflict(_state(row))


def _check_words(title: str, reason: str) -> None:
    if not 1 <= len(title.strip()) <= 160:
        raise DomainError("Give it a title of at most 160 characters.", field="title")
    if not reason.strip():
        raise DomainError("Say why the contract changes.", field="reason")
    if len(reason) > 4000:
        raise DomainError("A reason has at most 4,000 characters.", field="reason")


def check_day(contract: Contract, effective_on: date) -> None:
    """Raises  DomainError if the day lies before the contract, or before a version in force."""
    rules.check_effective(
        effective_on,
        contract_starts_on=contract.starts_on,
        last_effective_on=contract.amendments.filter(status=Status.IN_FORCE).aggregate(
            last=Max("effective_on")
        )["last"],
    )


def _check_once(
    row: ContractAmendment, kind: str, line_id: int | None, role_id: int | None
) -> None:
    if kind == AmendmentChange.Kind.NEW_LINE:
        return
    if row.changes.filter(kind=kind, line_id=line_id, role_id=role_id).exists():
        raise Conflict("This amendment changes that term already. Remove that change first.")


def _whole(change: NewLine, contract: Contract) -> NewLine:
    """A new line's terms, checked as a quote's; a fixed price falls due whole at its end."""
    quotes.check_terms(change.terms)
    terms = change.terms
    if terms.billing_method != rules.FIXED_PRICE:
        return NewLine(terms)
    if change.milestones:
        check_milestones_sum(
            Money(terms.value_amount, contract.currency),
            [Money(one.amount, contract.currency) for one in change.milestones],
        )
        return change
    due_on = terms.ends_on or contract.ends_on
    if due_on is None:
        raise DomainError("Give the line a last day: its price falls due then.", field="ends_on")
    return NewLine(terms, (MilestoneInput(terms.name[:120], due_on, terms.value_amount),))
