"""Amounts as conditions compare them: in the firm's own currency, at the rates of a day."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.money import fx
from psa.core.money import selectors as money
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import current_tenant_id


def in_firm_currency(amounts: Sequence[tuple[Decimal, str]], *, on: date) -> list[Decimal | None]:
    """Each (amount, currency) in the firm's currency, in order; None where no rate is known.

    At most three queries, whatever the number.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise RuntimeError("amounts are compared inside the scope of their tenant")
    firm: str = Tenant.objects.values_list("currency", flat=True).get(pk=tenant_id)
    others = {currency for _, currency in amounts} - {firm}
    if not others:
        return [amount for amount, _ in amounts]
    terms = money.fx_terms()
    table = money.fx_table(currencies=[firm, *others], from_on=on, until_on=on, terms=terms)
    found: list[Decimal | None] = []
    for amount, currency in amounts:
        try:
            rate = table.rate(currency, firm, on, terms.base_currency, terms.max_age_days)
        except fx.RateMissing:
            found.append(None)
            continue
        found.append(fx.convert(Money(amount, currency), rate).amount)
    return found
