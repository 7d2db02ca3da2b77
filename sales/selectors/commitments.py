"""How large a quote or contract is, whatever its billing method; for rules, never for billing."""

from collections.abc import Collection
from decimal import Decimal

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest

from sales.models import ContractLine, QuoteLine, QuoteLineDetail

ZERO = Decimal(0)


def contract_amounts(contract_ids: Collection[int]) -> dict[int, Decimal]:
    """Per contract, the sum of what each line commits to at most, in the contract's currency.

    A line counts with the largest of its fixed value, its not-to-exceed limit, its budget, and its
    retainer over its months, begun ones whole. One query.
    """
    rows = ContractLine.objects.filter(contract_id__in=contract_ids)
    return _sums(rows.annotate(owner_id=F("contract_id"), estimated=Value(ZERO)))


def quote_amounts(quote_ids: Collection[int]) -> dict[int, Decimal]:
    """The same of quotes; a line also counts with its estimate's price."""
    estimate = (
        QuoteLineDetail.objects.filter(line_id=OuterRef("pk"))
        .order_by()
        .values("line_id")
        .annotate(total=Sum("bill_amount"))
        .values("total")
    )
    rows = QuoteLine.objects.filter(quote_id__in=quote_ids)
    return _sums(
        rows.annotate(owner_id=F("quote_id"), estimated=Coalesce(Subquery(estimate), Value(ZERO)))
    )


def _sums(rows: "QuerySet[ContractLine] | QuerySet[QuoteLine]") -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    largest = Greatest(
        F("value_amount"),
        Coalesce(F("not_to_exceed_amount"), Value(ZERO)),
        Coalesce(F("budget_amount"), Value(ZERO)),
        F("estimated"),
    )
    for owner_id, amount, monthly, starts_on, ends_on in rows.annotate(largest=largest).values_list(
        "owner_id", "largest", "retainer_amount", "starts_on", "ends_on"
    ):
        if monthly and starts_on and ends_on:
            months = (ends_on.year - starts_on.year) * 12 + ends_on.month - starts_on.month + 1
            amount = max(amount, monthly * months)
        found[owner_id] = found.get(owner_id, ZERO) + amount
    return found
