"""Whether an invoice needs a second pair of eyes before it is confirmed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.money.rounding import EXACT

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ApprovalTerms:
    """What needs approval: a net above `over_amount`, or an adjustment above `over_percent`.

    None of either asks for nothing.
    """

    over_amount: Money | None = None
    over_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """What was approved and what is invoiced of one line; an added line was approved at 0."""

    approved: Decimal
    invoiced: Decimal


def adjustment_percent(lines: Sequence[ReviewedLine]) -> Decimal:
    """How far review moved the invoice: Σ |invoiced − approved| ÷ Σ |approved|, in percent.

    Raising one line and lowering another do not cancel out. 100 if nothing was approved and
    something was added; 0 of nothing. Exact, for comparing; round to show.
    Source  docs/rules/billing.md, B-16.
    """
    moved = sum((abs(line.invoiced - line.approved) for line in lines), Decimal(0))
    whole = sum((abs(line.approved) for line in lines), Decimal(0))
    if whole == 0:
        return HUNDRED if moved else Decimal(0)
    return EXACT.divide(EXACT.multiply(moved, HUNDRED), whole)


def why_needs_approval(
    terms: ApprovalTerms, *, net: Money, lines: Sequence[ReviewedLine]
) -> tuple[str, ...]:
    """The reasons, as parts of a sentence; () when the invoice may be confirmed as it is.

    `net` is in the currency of the terms. Exactly the limit needs none.
    Raises  TypeError if the currencies differ (a programming error).
    """
    reasons = []
    if terms.over_amount is not None and net > terms.over_amount:
        limit = terms.over_amount
        reasons.append(f"it comes to more than {limit.amount:,f} {limit.currency.code} net")
    percent = adjustment_percent(lines)
    if terms.over_percent is not None and percent > terms.over_percent:
        reasons.append(
            f"review changed it by {percent:.1f} %, more than {terms.over_percent.normalize():f} %"
        )
    return tuple(reasons)
