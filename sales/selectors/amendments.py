"""Reads of amendments: of a contract, one with what it changes, and the versions of the terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.audit.selectors import ActivityRow
from psa.core.errors import NotFound
from sales import policies
from sales.models import AmendmentChange, Contract, ContractAmendment
from sales.permissions import SalesPermission
from sales.rules import amendment as rules
from sales.rules.amendment import (
    Change,
    LineFacts,
    NewLimit,
    NewLine,
    NewRate,
    NewRetainer,
    NewTerm,
    NewValue,
    Wanted,
)
from sales.rules.line_terms import MilestoneInput

from . import contract_terms, visibility
from .contract_terms import ContractVersion

Status = ContractAmendment.Status


@dataclass(frozen=True, slots=True)
class AmendmentRow:
    """One amendment in its contract's list."""

    id: int
    number: int
    title: str
    effective_on: date
    status: str
    client_name: str
    client_accepted_on: date | None
    in_force_at: datetime | None


@dataclass(frozen=True, slots=True)
class Term:
    """One side of a change, in parts that a page can format; amounts in the contract's currency."""

    amount: Money | None = None
    minutes: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    unit: str = ""
    words: str = ""
    parts: tuple[tuple[str, date, Money], ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What an amendment changes: `was` is None for a new line; both are None where rates are hidden."""

    id: int
    kind: str
    kind_label: str
    about: str
    was: Term | None
    becomes: Term | None


@dataclass(frozen=True, slots=True)
class AmendmentPage:
    """One amendment. `value_difference` is what it adds to the contract's value."""

    amendment: ContractAmendment
    contract: Contract
    code: str
    changes: tuple[ChangeRow, ...]
    value_difference: Money
    lines: tuple[LineFacts, ...]
    sees_rates: bool
    may_edit: bool
    may_put_in_force: bool
    may_withdraw: bool
    activity: tuple[ActivityRow, ...]


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A contract's terms in one version, with the amendment that made it (None: as signed)."""

    contract: Contract
    version: ContractVersion
    made_by: ContractAmendment | None
    numbers: tuple[int, ...]
    value: Money
    sees_rates: bool


def get_amendment(*, actor: Actor, amendment_id: int) -> ContractAmendment:
    """The amendment with its contract, if the actor may see the contract. Raises  NotFound."""
    found: ContractAmendment | None = (
        ContractAmendment.objects.select_related(
            "contract__account", "contract__legal_entity", "created_by", "in_force_by"
        )
        .filter(pk=amendment_id, contract__in=visibility.contracts_visible_to(actor).values("pk"))
        .first()
    )
    if found is None:
        raise NotFound("This amendment does not exist, or it is not yours to see.")
    return found


def sees_rates(actor: Actor, contract: Contract) -> bool:
    """Whether the actor may see the contract's rates, so also amend them."""
    return policies.sees_bill(actor, contract.owner_id)


def wanted(row: AmendmentChange) -> Wanted:
    """A stored change as the rules read it."""
    return Wanted(rules.restored(row.kind, row.after), row.line_id, row.role_id)


def repriced_line_ids(row: ContractAmendment) -> list[int]:
    """The lines whose approved work an amendment may price again. One query."""
    kinds = sorted(rules.PRICES_WORK)
    return sorted(set(row.changes.filter(kind__in=kinds).values_list("line_id", flat=True)))


def rows_of(contract: Contract) -> list[AmendmentRow]:
    """The amendments of a contract that the actor sees already, latest first. One query."""
    return [
        AmendmentRow(
            row.pk, row.number, row.title, row.effective_on, row.status, row.client_name,
            row.client_accepted_on, row.in_force_at,
        )
        for row in contract.amendments.order_by("-number")
    ]  # fmt: skip


def amendments_of(*, actor: Actor, contract_id: int) -> list[AmendmentRow]:
    """The amendments of a contract, latest first. Raises  NotFound."""
    return rows_of(visibility.get_contract(actor=actor, contract_id=contract_id))


def amendment_page(*, actor: Actor, amendment_id: int) -> AmendmentPage:
    """One amendment with what it changes. Raises  NotFound."""
    row = get_amendment(actor=actor, amendment_id=amendment_id)
    contract = row.contract
    facts = contract_terms.facts_of(contract)
    stored = list(row.changes.select_related("role", "line").order_by("position"))
    sees = sees_rates(actor, contract)
    standing = _Standing(contract, facts)
    changes = tuple(_change_row(one, standing, contract.currency, sees=sees) for one in stored)
    manages = actor.has(SalesPermission.MANAGE)
    difference = _difference(row, stored, facts)
    return AmendmentPage(
        amendment=row,
        contract=contract,
        code=code_of(row),
        changes=changes,
        value_difference=Money(difference, contract.currency),
        lines=tuple(facts.values()),
        sees_rates=sees,
        may_edit=manages and row.status == Status.DRAFT,
        may_put_in_force=manages and row.status == Status.ACCEPTED,
        may_withdraw=manages and row.status in (Status.DRAFT, Status.ACCEPTED),
        activity=tuple(audit.activity_of(record_type="sales.ContractAmendment", record_id=row.pk)),
    )


def code_of(row: ContractAmendment) -> str:
    """How an amendment is quoted, such as C-0004/2."""
    return f"{row.contract.number}/{row.number}"


def version_page(*, actor: Actor, contract_id: int, number: int) -> VersionPage:
    """A contract's terms as one version has them; 0 is as signed. Raises  NotFound."""
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    made = list(
        contract.amendments.filter(status=Status.IN_FORCE).order_by("effective_on", "in_force_at")
    )
    numbers = (0, *(one.number for one in made))
    if number not in numbers:
        raise NotFound("This contract has no such version.")
    place = numbers.index(number)
    following = made[place] if place < len(made) else None
    made_by = made[place - 1] if place else None
    terms = following.terms_before if following else contract_terms.terms_of(contract)
    version = contract_terms.version_of(
        terms or {},
        number=number,
        from_on=made_by.effective_on if made_by else contract.starts_on,
        until_on=following.effective_on if following else None,
    )
    sees = sees_rates(actor, contract)
    if not sees:
        version = contract_terms.without_rates(version)
    return VersionPage(
        contract=contract,
        version=version,
        made_by=made_by,
        numbers=numbers,
        value=Money(version.value_amount, contract.currency),
        sees_rates=sees,
    )


def value_difference(row: ContractAmendment) -> Decimal:
    """What an amendment adds to its contract's value, in its currency. Two queries."""
    return _difference(row, list(row.changes.all()), contract_terms.facts_of(row.contract))


def _difference(
    row: ContractAmendment, stored: list[AmendmentChange], facts: Mapping[int, LineFacts]
) -> Decimal:
    if row.terms_before is not None:
        # In force: the lines have the new terms, so it is told from those it replaced.
        version = contract_terms.version_of(
            row.terms_before, number=row.number, from_on=row.effective_on, until_on=None
        )
        facts = {
            line.id: LineFacts(
                line.id, line.name, line.billing_method, line.value_amount,
                line.not_to_exceed_amount, line.starts_on, line.ends_on, line.retainer_amount,
                line.retainer_minutes,
            )
            for line in version.lines
        }  # fmt: skip
    return rules.value_difference(
        [wanted(one) for one in stored], facts, effective_on=row.effective_on
    )


class _Standing:
    """The terms that changes of a draft would replace; milestones and rates are read when asked."""

    def __init__(self, contract: Contract, facts: Mapping[int, LineFacts]) -> None:
        self.contract, self.facts = contract, facts
        self._version: ContractVersion | None = None

    @property
    def version(self) -> ContractVersion:
        if self._version is None:
            self._version = contract_terms.version_of(
                contract_terms.terms_of(self.contract),
                number=0,
                from_on=self.contract.starts_on,
                until_on=None,
            )
        return self._version

    def before(self, row: AmendmentChange, change: Change) -> Change | None:
        if row.before is not None:
            return rules.restored(row.kind, row.before)
        line = self.facts.get(row.line_id or 0)
        match change:
            case NewTerm():
                start = line.starts_on if line else self.contract.starts_on
                return NewTerm(start, line.ends_on if line else self.contract.ends_on)
            case NewValue() if line is not None:
                return NewValue(line.value_amount, self._milestones(line.id))
            case NewLimit() if line is not None:
                return NewLimit(line.limit_amount)
            case NewRetainer() if line is not None:
                return NewRetainer(line.retainer_amount or Decimal(0), line.retainer_minutes)
            case NewRate() if line is not None:
                rates = next(one.rates for one in self.version.lines if one.id == line.id)
                found = next((one for one in rates if one.role_id == row.role_id), None)
                return NewRate(found.price, found.unit) if found else NewRate(None)
        return None

    def _milestones(self, line_id: int) -> tuple[MilestoneInput, ...]:
        found = next(one for one in self.version.lines if one.id == line_id)
        return tuple(
            MilestoneInput(one.name, one.due_on, one.amount)
            for one in found.milestones
            if one.is_open
        )


def _change_row(
    row: AmendmentChange, standing: _Standing, currency: str, *, sees: bool
) -> ChangeRow:
    change = rules.restored(row.kind, row.after)
    hidden = row.kind == AmendmentChange.Kind.RATE and not sees
    before = None if hidden else standing.before(row, change)
    line = standing.facts.get(row.line_id or 0)
    about = line.name if line else str(standing.contract.name)
    if isinstance(change, NewLine):
        about = change.terms.name
    if row.role is not None:
        about = f"{about}: {row.role.name}"
    return ChangeRow(
        id=row.pk,
        kind=row.kind,
        kind_label=str(row.get_kind_display()),
        about=about,
        was=_term(before, currency) if before is not None else None,
        becomes=None if hidden else _term(change, currency),
    )


def _term(change: Change, currency: str) -> Term:
    match change:
        case NewLine(terms, milestones):
            return Term(
                amount=Money(rules.value_of_new(change), currency),
                starts_on=terms.starts_on,
                ends_on=terms.ends_on,
                words=terms.billing_method.replace("_", " "),
                parts=_parts(milestones, currency),
            )
        case NewValue(value, milestones):
            return Term(amount=Money(value, currency), parts=_parts(milestones, currency))
        case NewLimit(limit):
            return Term() if limit is None else Term(amount=Money(limit, currency))
        case NewTerm(starts_on, ends_on):
            return Term(starts_on=starts_on, ends_on=ends_on)
        case NewRate(price, unit):
            return Term() if price is None else Term(amount=Money(price, currency), unit=unit)
        case NewRetainer(amount, minutes):
            return Term(amount=Money(amount, currency), minutes=minutes, unit="month")


def _parts(
    milestones: tuple[MilestoneInput, ...], currency: str
) -> tuple[tuple[str, date, Money], ...]:
    return tuple((one.name, one.due_on, Money(one.amount, currency)) for one in milestones)
