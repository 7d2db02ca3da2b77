"""The firm's routing rules and what they ask of entries: constant queries for any batch."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Case, F, Q, When
from moneyed import Money

from projects import selectors as projects
from psa.core.access.models import MembershipRole
from psa.core.money import fx
from psa.core.money import selectors as money
from psa.core.org import selectors as org
from timeexpense.models import ApprovalRoute, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.routing import Route, RoutedEntry


def active_routes() -> list[Route]:
    """The rules that hold now. One query."""
    return [
        Route(*row)
        for row in ApprovalRoute.objects.filter(is_active=True).values_list(
            "id", "level", "position", "entry_kind", "category_id", "org_unit_id",
            "legal_entity_id", "amount_over",
        )
    ]  # fmt: skip


def approving_members() -> set[int]:
    """The active members whose roles let them decide on time and expenses. One query."""
    return set(
        MembershipRole.objects.filter(
            membership__is_active=True,
            role__permissions__contains=[TimeExpensePermission.APPROVE.value],
        ).values_list("membership_id", flat=True)
    )


def routed_entries(kind: str, entry_ids: Sequence[int]) -> dict[int, RoutedEntry]:
    """What routing asks of stored entries, by id.

    Three queries, one more where a manager may have to decide, and at most two more for expenses.
    """
    model: Any = TimeEntry if kind == "time" else ExpenseEntry
    is_of_another = ~Q(project__manager_id=F("resource_id"))
    rows = (
        model.objects.filter(id__in=entry_ids)
        .annotate(
            has_named=projects.names_approver_besides("project__manager_id"),
            has_others=Case(
                When(is_of_another, then=True),
                default=projects.names_approver_besides("resource_id"),
                output_field=BooleanField(),
            ),
        )
        .values_list(
            "id", "project__is_internal", "resource__manager__membership_id", "has_named",
            "resource__org_unit_id", "project__contracting_unit__legal_entity_id", "has_others",
            "project__contracting_unit__legal_entity__currency",
            *(("category_id", "amount", "currency", "spent_on") if kind == "expense" else ()),
        )
    )  # fmt: skip
    found = list(rows)
    parents = org.unit_parents() if found else {}
    able = approving_members() if any(row[1] or not row[6] for row in found) else set()
    own_too = bool(found) and org.parameters().self_approval_allowed
    amounts = _in_entity_currency([row[7:] for row in found]) if kind == "expense" else []
    return {
        row[0]: RoutedEntry(
            kind=kind,
            is_internal=row[1],
            has_manager=row[2] in able,
            has_named_approvers=row[3],
            category_id=row[8] if kind == "expense" else None,
            unit_ids=org.units_up(row[4], parents=parents),
            legal_entity_id=row[5],
            amount=amounts[index] if amounts else None,
            has_other_approvers=row[6] or own_too,
        )
        for index, row in enumerate(found)
    }


def _in_entity_currency(
    rows: Sequence[tuple[str, int, Decimal, str, date]],
) -> list[Decimal | None]:
    """Each expense's amount in its entity's currency at its day's rate; None without a rate."""
    pairs = {(currency, entity_currency) for entity_currency, _, _, currency, _ in rows}
    if all(currency == entity_currency for currency, entity_currency in pairs):
        return [row[2] for row in rows]
    terms = money.fx_terms()
    days = [row[4] for row in rows]
    table = money.fx_table(
        currencies={code for pair in pairs for code in pair}, from_on=min(days), until_on=max(days),
        terms=terms,
    )  # fmt: skip
    found: list[Decimal | None] = []
    for entity_currency, _, amount, currency, on in rows:
        if currency == entity_currency:
            found.append(amount)
            continue
        try:
            rate = table.rate(
                currency, entity_currency, on, terms.base_currency, terms.max_age_days
            )
        except fx.RateMissing:
            found.append(None)
            continue
        found.append(fx.convert(Money(amount, currency), rate).amount)
    return found
