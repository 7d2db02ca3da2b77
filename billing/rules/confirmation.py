"""The ledger's side of confirming an invoice or a credit note."""

from dataclasses import dataclass, replace
from decimal import Decimal

from moneyed import Money

from billing.rules.types import (
    CreditedLine,
    CreditFacts,
    InvoicedLine,
    InvoiceFacts,
    MixedCurrency,
    Remainder,
)
from psa.core.errors import DomainError
from psa.core.ledger.rules.types import ActualDraft, ActualType, reverse
from psa.core.money.rounding import EXACT, allocate, allocate_whole, round_to_minor

INVOICE_LINE = "invoice_line"
CREDIT_LINE = "credit_line"


def legs_for(invoice: InvoiceFacts) -> list[ActualDraft]:
    """Ledger legs of confirming: reverse each UNBILLED_SALES row, add its BILLED_SALES row.

    Invoiced less than booked: what remains is written off, or posted anew as unbilled,
    as the line says; never both, never neither. Invoiced more, the billed row is simply more.
    Billed and backlog rows keep the actual's dimensions and stored rates and have the invoice
    line as source (leg 1 billed, leg 2 backlog), so a line posts once.
    Raises  DomainError if a row is not unbilled sales or an amount turns its sign;
            MixedCurrency.
    Source  docs/rules/billing.md, example B-5.
    """
    drafts: list[ActualDraft] = []
    for line in invoice.lines:
        drafts.extend(_invoice_legs(line))
    return drafts


def credit_legs_for(credit: CreditFacts) -> list[ActualDraft]:
    """Ledger legs of a credit note: the billed row reversed whole, then what stays, billed anew.

    The rest becomes unbilled again (BACKLOG, to re-bill) or nothing (WRITE_OFF), per line. What
    stays being a row of its own, a second credit works like the first.
    Raises  DomainError if more would be credited than was billed; MixedCurrency.
    Source  docs/rules/billing.md, example B-6.
    """
    drafts: list[ActualDraft] = []
    for line in credit.lines:
        drafts.extend(_credit_legs(line))
    return drafts


def _invoice_legs(line: InvoicedLine) -> list[ActualDraft]:
    posted = line.posted
    _check(line.actual_id, posted, ActualType.UNBILLED_SALES, line.invoiced)
    legs = [reverse(line.actual_id, posted)]
    rest = posted.amount - line.invoiced.amount
    is_less = rest != 0 and (rest > 0) == (posted.amount > 0)
    keeps_rest = is_less and line.remainder is Remainder.BACKLOG
    billed_part, rest_part = _minutes(posted, line.invoiced.amount, rest if keeps_rest else None)
    if line.invoiced_minutes is not None and posted.minutes is not None:
        billed_part = line.invoiced_minutes
        rest_part = posted.minutes - billed_part
    billed_values, rest_values = _values(posted, line.invoiced.amount, rest if keeps_rest else None)
    if line.invoiced.amount != 0 or not is_less:
        legs.append(
            _part(
                posted,
                ActualType.BILLED_SALES,
                line.invoiced.amount,
                billed_part,
                (INVOICE_LINE, line.invoice_line_id, 1),
                billed_values,
            )
        )
    if keeps_rest:
        legs.append(
            _part(
                posted,
                ActualType.UNBILLED_SALES,
                rest,
                rest_part,
                (INVOICE_LINE, line.invoice_line_id, 2),
                rest_values,
            )
        )
    return legs


def _credit_legs(line: CreditedLine) -> list[ActualDraft]:
    posted = line.posted
    _check(line.actual_id, posted, ActualType.BILLED_SALES, line.stays)
    rest = posted.amount - line.stays.amount
    if rest == 0 or (rest > 0) != (posted.amount > 0):
        raise DomainError(
            f"Of a line billed at {Money(posted.amount, posted.currency)}, {line.stays} cannot "
            "stay on a credit note: type less than was billed.",
            field="stays",
        )
    legs = [reverse(line.actual_id, posted)]
    stays_part, rest_part = _minutes(posted, line.stays.amount, rest)
    is_rebilled = line.remainder is Remainder.BACKLOG
    stays_values, rest_values = _values(posted, line.stays.amount, rest if is_rebilled else None)
    if line.stays.amount != 0:
        legs.append(
            _part(
                posted,
                ActualType.BILLED_SALES,
                line.stays.amount,
                stays_part,
                (CREDIT_LINE, line.credit_line_id, 1),
                stays_values,
            )
        )
    if is_rebilled:
        legs.append(
            _part(
                posted,
                ActualType.UNBILLED_SALES,
                rest,
                rest_part,
                (CREDIT_LINE, line.credit_line_id, 2),
                rest_values,
            )
        )
    return legs


def _check(actual_id: int, posted: ActualDraft, type_: ActualType, amount: Money) -> None:
    if posted.type is not type_:
        raise DomainError(
            f"Actual {actual_id} is {posted.type.replace('_', ' ')}, not {type_.replace('_', ' ')}."
        )
    if amount.currency.code != posted.currency:
        raise MixedCurrency(
            f"Actual {actual_id} is in {posted.currency}, the document in {amount.currency}."
        )
    if amount.amount * posted.amount < 0:
        raise DomainError(
            f"Actual {actual_id} of {posted.amount} {posted.currency} cannot be invoiced at "
            f"{amount}: the sign differs.",
            field="amount",
        )


def _minutes(
    posted: ActualDraft, billed: Decimal, rest: Decimal | None
) -> tuple[int | None, int | None]:
    """Minutes of the two parts; all of them on the first when there is no second."""
    if posted.minutes is None:
        return None, None
    if rest is None or rest == 0:
        return posted.minutes, None
    first, second = allocate_whole(posted.minutes, [abs(billed), abs(rest)])
    return first, second


@dataclass(frozen=True, slots=True)
class _Values:
    """What a part of a row is worth in the entity's and the tenant's currency."""

    entity: Decimal | None
    tenant: Decimal | None


def _values(posted: ActualDraft, amount: Decimal, rest: Decimal | None) -> tuple[_Values, _Values]:
    """Values of the part kept and of the rest: at the stored rates, and with a rest their whole.

    Where both parts live on they sum to the posted row's values exactly (largest remainder).
    """
    if amount == posted.amount:
        whole = _Values(posted.entity_amount, posted.tenant_amount)
        return whole, _Values(Decimal(0), Decimal(0))
    if rest is not None:
        entity = _split(posted.entity_amount, posted.entity_currency, amount, rest)
        tenant = _split(posted.tenant_amount, posted.tenant_currency, amount, rest)
        return _Values(entity[0], tenant[0]), _Values(entity[1], tenant[1])
    return (
        _Values(
            _at_rate(amount, posted.entity_amount, posted.entity_rate, posted.entity_currency),
            _at_rate(amount, posted.tenant_amount, posted.tenant_rate, posted.tenant_currency),
        ),
        _Values(None, None),
    )


def _split(
    stored: Decimal | None, currency: str, amount: Decimal, rest: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    if stored is None:
        return None, None
    first, second = allocate(Money(stored, currency), [abs(amount), abs(rest)])
    return first.amount, second.amount


def _part(
    posted: ActualDraft,
    type_: ActualType,
    amount: Decimal,
    minutes: int | None,
    source: tuple[str, int, int],
    values: _Values,
) -> ActualDraft:
    """`posted` at another amount: quantity in proportion, valued by its own stored rates."""
    is_whole = amount == posted.amount
    kind, source_id, leg = source
    quantity = posted.quantity
    if quantity is not None and not is_whole and posted.amount != 0:
        quantity = (quantity * amount / posted.amount).quantize(Decimal("0.000001"))
    return replace(
        posted,
        type=type_,
        amount=amount,
        minutes=minutes,
        quantity=quantity,
        entity_amount=values.entity,
        tenant_amount=values.tenant,
        source_kind=kind,
        source_id=source_id,
        revision=1,
        leg=leg,
        reversal_of_id=None,
    )


def _at_rate(
    amount: Decimal, stored: Decimal | None, rate: Decimal | None, currency: str
) -> Decimal | None:
    if stored is None:
        return None
    if rate is None:
        raise DomainError("An actual with an amount in another currency stores its rate.")
    return round_to_minor(EXACT.multiply(amount, rate), currency)
