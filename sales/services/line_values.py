"""The value of a quote line: agreed, or the sum of its estimate."""

from decimal import Decimal

from django.db.models import Sum

from sales.models import QuoteLine


def refresh_value(line: QuoteLine) -> None:
    """Store a time-and-material line's value: the sum of its rows; others keep the agreed one."""
    if line.billing_method != QuoteLine.Method.TIME_AND_MATERIAL:
        return
    # One currency: a line's rows are all in its quote's.
    value = line.details.aggregate(value=Sum("bill_amount"))["value"] or Decimal(0)
    if value != line.value_amount:
        line.value_amount = value
        line.save(update_fields=["value_amount"])
