"""An approved change request drafts an amendment of the contract, and is in it once that is in force."""

from datetime import date, datetime

from django.db.models import Max

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.subjects import path_of
from psa.core.notifications import services as notifications
from sales.models import Contract, ContractAmendment
from sales.rules.amendment import FIXED_PRICE, NewLine
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.selectors import amendments as selectors
from sales.services import amendments

from ..events import ProjectEvent
from ..models import Project, RegisterEntry
from ..rules import register as rules
from .locking import apply

RECORD = "projects.RegisterEntry"
_AMENDABLE = (Contract.Status.CONFIRMED, Contract.Status.ON_HOLD)


def draft_amendment(
    *, entry: RegisterEntry, actor: Actor, at: datetime, on: date
) -> ContractAmendment | None:
    """The amendment that an approved change asks for, drafted once, and its contract's owner told.

    Whoever may approve the change may have it drafted; putting it in force is for who manages
    contracts. A price becomes a fixed-price line, due at the contract's end; the rest is in words.
    None where the project has no contract that can be amended. Under the entry's lock.
    """
    contract_id = entry.project.contract_id
    if contract_id is None:
        return None
    contract: Contract = Contract.objects.select_for_update().get(pk=contract_id)
    standing = entry.amendment
    made: ContractAmendment | None = standing
    if contract.status not in _AMENDABLE:
        made = None
    elif standing is None or standing.status == ContractAmendment.Status.WITHDRAWN:
        made = _drafted(entry, contract, actor, at, on)
        apply(entry, {"amendment_id": made.pk})
    _tell_contract_owner(entry, contract, made, actor, at)
    return made


def mark_amended(*, amendment_id: int, on: date, actor: Actor, at: datetime) -> int:
    """The approved changes that an amendment came from are in the contract; returns how many."""
    entries = list(
        RegisterEntry.objects.select_for_update(of=("self",), no_key=True)
        .select_related("project", "amendment__contract")
        .filter(amendment_id=amendment_id, status=rules.APPROVED)
        .order_by("id")
    )
    for entry in entries:
        code = selectors.code_of(entry.amendment) if entry.amendment else ""
        apply(
            entry,
            {"status": rules.AMENDED, "ended_on": on, "amendment_reference": code},
        )
        audit.record(
            actor=actor, at=at, event=ProjectEvent.REGISTER_EDITED, record_type=RECORD,
            record_id=entry.pk, sentence=f"{entry.code} is in the contract by amendment {code}",
        )  # fmt: skip
    return len(entries)


def _drafted(
    entry: RegisterEntry, contract: Contract, actor: Actor, at: datetime, on: date
) -> ContractAmendment:
    last = contract.amendments.filter(status=ContractAmendment.Status.IN_FORCE).aggregate(
        last=Max("effective_on")
    )["last"]
    made = amendments.draft_for(
        contract,
        entry.title,
        _reason(entry),
        max(day for day in (on, contract.starts_on, last) if day is not None),
        actor=actor,
        at=at,
    )
    if entry.price_amount is not None and entry.price_amount > 0:
        due_on = max(contract.ends_on or entry.project.ends_on or on, made.effective_on)
        name = f"{entry.code} {entry.title}"
        terms = LineTermsInput(
            name=name[:160],
            billing_method=FIXED_PRICE,
            starts_on=made.effective_on,
            ends_on=due_on,
            value_amount=entry.price_amount,
        )
        milestones = (MilestoneInput(name[:120], due_on, entry.price_amount),)
        amendments.add_to_draft(made, NewLine(terms, milestones), actor=actor, at=at)
    return made


def _reason(entry: RegisterEntry) -> str:
    """Why the contract changes, from what the register says of it."""
    project: Project = entry.project
    words = [f"Change request {entry.code} of {project.code} {project.name}: {entry.title}."]
    if entry.description:
        words.append(entry.description)
    if entry.delay_days:
        days = (
            "1 working day"
            if abs(entry.delay_days) == 1
            else f"{abs(entry.delay_days)} working days"
        )
        words.append(f"The finish moves {'out' if entry.delay_days > 0 else 'in'} by {days}.")
    return "\n".join(words)[:4000]


def _tell_contract_owner(
    entry: RegisterEntry,
    contract: Contract,
    made: ContractAmendment | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Whoever owns the contract takes the amendment to the client."""
    if contract.owner_id in (None, actor.membership_id):
        return
    notifications.notify(
        membership_ids=[contract.owner_id],
        event=ProjectEvent.REGISTER_EDITED,
        title=f"Change approved for contract {contract.number}: {entry.title}"[:160],
        body=f"{entry.code} of {entry.project.code} is approved and waits for its amendment.",
        path=path_of("sales:amendment", made.pk)
        if made
        else path_of("sales:contract", contract.pk),
        at=at,
    )
