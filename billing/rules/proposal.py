"""What one contract may be invoiced."""

from collections.abc import Sequence
from datetime import date

from moneyed import Money

from billing.rules.types import ContractTerms, MixedCurrency, ProposedLine, UnbilledFact
from psa.core.money.rounding import total_of


def lines_for(
    terms: ContractTerms, facts: Sequence[UnbilledFact], *, cutoff_on: date
) -> list[ProposedLine]:
    """Choose what one contract may be invoiced up to and including `cutoff_on`.

    One line per fact, its amount the fact's: nothing is rounded again. Grouping is a
    matter of the review grid and the document. Facts of lines that are not the contract's are
    left out.

    Returns lines in contract order, then by work date and actual; [] if nothing is due.
    Raises  MixedCurrency if a fact is not in the contract currency.
    Source  docs/rules/billing.md, examples B-1 to B-4.
    """
    position = {line_id: index for index, line_id in enumerate(terms.contract_line_ids)}
    due = []
    for fact in facts:
        if fact.amount.currency.code != terms.currency:
            raise MixedCurrency(
                f"Unbilled actual {fact.actual_id} is in {fact.amount.currency}, the contract "
                f"in {terms.currency}. Correct the actual's price before invoicing it."
            )
        if fact.worked_on <= cutoff_on and fact.contract_line_id in position:
            due.append(fact)
    due.sort(key=lambda f: (position[f.contract_line_id], f.worked_on, f.actual_id))
    return [
        ProposedLine(
            actual_id=fact.actual_id,
            contract_line_id=fact.contract_line_id,
            worked_on=fact.worked_on,
            minutes=fact.minutes,
            units=fact.units,
            unit_price=fact.unit_price,
            amount=fact.amount,
        )
        for fact in due
    ]


def net_total(lines: Sequence[ProposedLine], *, currency: str) -> Money:
    """The sum of the lines before tax."""
    return total_of((line.amount for line in lines), currency)


def is_below_minimum(terms: ContractTerms, lines: Sequence[ProposedLine]) -> bool:
    """Whether the contract's minimum bill says to wait. Exactly the minimum is enough."""
    if terms.minimum_amount is None:
        return False
    return net_total(lines, currency=terms.currency) < terms.minimum_amount
