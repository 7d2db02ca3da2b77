"""The firm's rule for approving invoices, and what it says of one."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from moneyed import Money

from billing.models import InvoiceApprovalRule
from billing.rules import approval
from billing.rules.approval import ApprovalTerms, ReviewedLine
from psa.core.money import selectors as money
from psa.core.money.rounding import EXACT, round_to_minor
from psa.core.tenancy.models import Tenant


def approval_rule() -> InvoiceApprovalRule | None:
    """The tenant's rule; None when nothing needs approval. One query."""
    found: InvoiceApprovalRule | None = InvoiceApprovalRule.objects.first()
    return found


def why_needs_approval(*, net: Money, lines: Sequence[ReviewedLine], on: date) -> tuple[str, ...]:
    """The rule's reasons for one invoice, its net at the rate of `on`. Raises  RateMissing.

    One query without a rule, up to five with one.
    """
    rule = approval_rule()
    if rule is None or (rule.over_amount is None and rule.over_percent is None):
        return ()
    home = Tenant.objects.values_list("currency", flat=True).get(pk=rule.tenant_id)
    limit = None if rule.over_amount is None else round_to_minor(Money(rule.over_amount, home))
    if limit is not None:
        net = _at_home(net, home, on)
    return approval.why_needs_approval(
        ApprovalTerms(limit, rule.over_percent), net=net, lines=lines
    )


def _at_home(net: Money, home: str, on: date) -> Money:
    if net.currency.code == home:
        return net
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={net.currency.code, home}, from_on=on, until_on=on, terms=terms
    )
    quote = table.rate(net.currency.code, home, on, terms.base_currency, terms.max_age_days)
    converted: Decimal = round_to_minor(EXACT.multiply(net.amount, quote.rate), home)
    return Money(converted, home)
