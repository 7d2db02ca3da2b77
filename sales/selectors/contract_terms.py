"""The terms of a contract as one version of it: written down when an amendment replaces them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sales.models import ChargeabilityRule, Contract, ContractAmendment, ContractLine, RateOverride
from sales.rules.amendment import LineFacts

_LINE_FIELDS = (
    "id", "position", "name", "billing_method", "transaction_classes", "value_amount",
    "not_to_exceed_amount", "starts_on", "ends_on", "retainer_amount", "retainer_minutes",
    "expense_policy", "expense_markup_percent", "recognition_method", "invoice_frequency",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RateTerm:
    """The agreed rate of a role, in the contract's currency."""

    id: int
    role_id: int
    role: str
    price: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class RuleTerm:
    """What of a line is charged how."""

    billing_type: str
    resource_id: int | None
    task_id: int | None
    role_id: int | None
    category_id: int | None
    words: str


@dataclass(frozen=True, slots=True)
class MilestoneTerm:
    """A part of a fixed price."""

    id: int
    name: str
    due_on: date
    amount: Decimal
    state: str

    @property
    def is_open(self) -> bool:
        """Not due yet, so that it may still change."""
        return self.state == "not_started"


@dataclass(frozen=True, slots=True)
class LineVersion:
    """One line as it was agreed."""

    id: int
    name: str
    billing_method: str
    transaction_classes: tuple[str, ...]
    value_amount: Decimal
    not_to_exceed_amount: Decimal | None
    starts_on: date | None
    ends_on: date | None
    retainer_amount: Decimal | None
    retainer_minutes: int | None
    expense_policy: str
    expense_markup_percent: Decimal
    rates: tuple[RateTerm, ...]
    rules: tuple[RuleTerm, ...]
    milestones: tuple[MilestoneTerm, ...]

    @property
    def method_label(self) -> str:
        return str(ContractLine.Method(self.billing_method).label)


@dataclass(frozen=True, slots=True)
class ContractVersion:
    """A contract's terms in one version; `until_on` is exclusive, None for the terms in force."""

    number: int
    from_on: date
    until_on: date | None
    ends_on: date | None
    lines: tuple[LineVersion, ...]

    @property
    def value_amount(self) -> Decimal:
        return sum((line.value_amount for line in self.lines), Decimal(0))


def terms_of(contract: Contract) -> dict[str, Any]:
    """The terms in force, as JSON keeps them. Four queries."""
    lines = list(contract.lines.order_by("position").values(*_LINE_FIELDS))
    rates: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in RateOverride.objects.filter(line__contract=contract).select_related("role"):
        rates[row.line_id].append(
            {
                "id": row.pk, "role_id": row.role_id, "role": row.role.name,
                "price": f"{row.price:f}", "unit": row.unit,
            }
        )  # fmt: skip
    rules: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for rule in ChargeabilityRule.objects.filter(line__contract=contract).select_related(
        "role", "category", "resource"
    ):
        named = (rule.role, rule.category, rule.resource)
        rules[rule.line_id].append(
            {
                "billing_type": rule.billing_type, "resource_id": rule.resource_id,
                "task_id": rule.task_id, "role_id": rule.role_id, "category_id": rule.category_id,
                "words": ", ".join(one.name for one in named if one is not None),
            }
        )  # fmt: skip
    milestones = milestones_of([line["id"] for line in lines])
    return {
        "ends_on": contract.ends_on.isoformat() if contract.ends_on else None,
        "lines": [
            {
                **{name: _plain(value) for name, value in line.items()},
                "rates": rates[line["id"]],
                "rules": rules[line["id"]],
                "milestones": [
                    {
                        "id": one.id, "name": one.name, "due_on": one.due_on.isoformat(),
                        "amount": f"{one.amount:f}", "state": one.state,
                    }
                    for one in milestones.get(line["id"], ())
                ],
            }
            for line in lines
        ],
    }  # fmt: skip


def milestones_of(line_ids: Collection[int]) -> dict[int, list[MilestoneTerm]]:
    """The milestones of fixed prices, in order. One query."""
    # By the relation's name only: the billing room lies above this one and is not imported.
    found: dict[int, list[MilestoneTerm]] = defaultdict(list)
    for line_id, *values in (
        ContractLine.objects.filter(pk__in=line_ids, milestones__isnull=False)
        .order_by("pk", "milestones__position")
        .values_list(
            "pk", "milestones__id", "milestones__name", "milestones__due_on",
            "milestones__amount", "milestones__state",
        )
    ):  # fmt: skip
        found[line_id].append(MilestoneTerm(*values))
    return found


def facts_of(contract: Contract) -> dict[int, LineFacts]:
    """The lines as the rules of amending see them. One query."""
    return {
        line.pk: LineFacts(
            id=line.pk,
            name=line.name,
            method=line.billing_method,
            value_amount=line.value_amount,
            limit_amount=line.not_to_exceed_amount,
            starts_on=line.starts_on,
            ends_on=line.ends_on,
            retainer_amount=line.retainer_amount,
            retainer_minutes=line.retainer_minutes,
        )
        for line in contract.lines.order_by("position")
    }


def version_of(
    data: Mapping[str, Any], *, number: int, from_on: date, until_on: date | None
) -> ContractVersion:
    """The version that `terms_of` wrote down."""
    return ContractVersion(
        number, from_on, until_on, _day(data["ends_on"]), tuple(_line(one) for one in data["lines"])
    )


def without_rates(version: ContractVersion) -> ContractVersion:
    """The version as somebody reads it who may not see its rates."""
    return replace(version, lines=tuple(replace(line, rates=()) for line in version.lines))


def former_terms(contract_ids: Collection[int]) -> dict[int, list[tuple[date, ContractVersion]]]:
    """Per contract, its former versions with the day each was replaced, oldest first. One query."""
    found: dict[int, list[tuple[date, ContractVersion]]] = defaultdict(list)
    for contract_id, number, effective_on, data in (
        ContractAmendment.objects.filter(
            contract_id__in=contract_ids, status=ContractAmendment.Status.IN_FORCE
        )
        .order_by("effective_on", "in_force_at", "pk")
        .values_list("contract_id", "number", "effective_on", "terms_before")
    ):
        version = version_of(data, number=number - 1, from_on=effective_on, until_on=effective_on)
        found[contract_id].append((effective_on, version))
    return found


def _line(data: Mapping[str, Any]) -> LineVersion:
    return LineVersion(
        id=data["id"],
        name=data["name"],
        billing_method=data["billing_method"],
        transaction_classes=tuple(data["transaction_classes"]),
        value_amount=Decimal(data["value_amount"]),
        not_to_exceed_amount=_decimal(data["not_to_exceed_amount"]),
        starts_on=_day(data["starts_on"]),
        ends_on=_day(data["ends_on"]),
        retainer_amount=_decimal(data["retainer_amount"]),
        retainer_minutes=data["retainer_minutes"],
        expense_policy=data["expense_policy"],
        expense_markup_percent=Decimal(data["expense_markup_percent"]),
        rates=tuple(RateTerm(**(one | {"price": Decimal(one["price"])})) for one in data["rates"]),
        rules=tuple(RuleTerm(**one) for one in data["rules"]),
        milestones=tuple(
            MilestoneTerm(
                one["id"], one["name"], date.fromisoformat(one["due_on"]), Decimal(one["amount"]),
                one["state"],
            )
            for one in data["milestones"]
        ),
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
