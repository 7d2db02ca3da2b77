"""A contract line's chargeability matrix: is this work billed, given away, or internal?"""

from collections.abc import Sequence
from dataclasses import dataclass

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import BillingType


@dataclass(frozen=True, slots=True)
class ChargeabilityRule:
    """One row of the matrix; None stands for any. At least one dimension is given."""

    billing_type: BillingType
    resource_id: int | None = None
    task_id: int | None = None
    role_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChargeabilityQuery:
    """`task_path` runs from the task up to its summary tasks, nearest first."""

    resource_id: int | None = None
    task_path: tuple[int, ...] = ()
    role_id: int | None = None
    category_id: int | None = None


def check_unambiguous(rules: Sequence[ChargeabilityRule]) -> None:
    """Two rows of one matrix never have the same dimensions. Raises DomainError."""
    seen = set()
    for rule in rules:
        key = (rule.resource_id, rule.task_id, rule.role_id, rule.category_id)
        if key in seen:
            raise DomainError(
                "Two chargeability rules have the same resource, task, role and category. "
                "Delete one of them.",
                field="chargeability",
            )
        seen.add(key)


def billing_type_for(
    rules: Sequence[ChargeabilityRule],
    query: ChargeabilityQuery,
    *,
    default: BillingType = BillingType.CHARGEABLE,
) -> BillingType:
    """The billing type of the most specific rule that matches; `default` if none does.

    Specific outranks any in the order resource, task, role, category (compared like a tuple of
    booleans): a rule about the person beats one about the task, role and category together. A
    rule for a summary task covers its subtree; of two, the nearer task wins.
    Source  docs/rules/sales.md, example S-5.
    """
    best: tuple[tuple[bool, int, bool, bool], BillingType] | None = None
    for rule in rules:
        if not _matches(rule, query):
            continue
        nearness = 0
        if rule.task_id is not None:
            nearness = len(query.task_path) - query.task_path.index(rule.task_id)
        rank = (
            rule.resource_id is not None,
            nearness,
            rule.role_id is not None,
            rule.category_id is not None,
        )
        if best is None or rank > best[0]:
            best = (rank, rule.billing_type)
    return default if best is None else best[1]


def _matches(rule: ChargeabilityRule, query: ChargeabilityQuery) -> bool:
    return (
        (rule.resource_id is None or rule.resource_id == query.resource_id)
        and (rule.task_id is None or rule.task_id in query.task_path)
        and (rule.role_id is None or rule.role_id == query.role_id)
        and (rule.category_id is None or rule.category_id == query.category_id)
    )
