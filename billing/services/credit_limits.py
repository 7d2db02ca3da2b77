"""How much of an invoice somebody may credit: the firm's limit, and who is above it."""

from datetime import date
from decimal import Decimal

from django.db.models import Sum
from moneyed import Money

from billing import policies
from billing.models import Invoice
from billing.permissions import BillingPermission
from psa.core.actor import Actor
from psa.core.ledger.rules.conversion import converted
from psa.core.money import selectors as money
from psa.core.org.models import TenantParameters
from psa.core.tenancy.models import Tenant


def limit_of(actor: Actor) -> Money | None:
    """What of one invoice the actor may credit, net, in the firm's currency; None for any amount."""
    if actor.has(BillingPermission.CREDIT_OVER_LIMIT):
        return None
    limit = TenantParameters.objects.values_list("largest_credit_amount", flat=True).first()
    if not limit:
        return None
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    return Money(limit, home)


def check_within(*, invoice: Invoice, net: Decimal, credited_on: date, actor: Actor) -> None:
    """Refuse a credit of `net` that takes what is credited of the invoice above the actor's limit.

    All credits of one invoice count together, so that a large one cannot be made in parts. The
    caller holds the lock of the open item. Three queries, one where no limit applies.
    Raises  OverCreditLimit, RateMissing.
    Source  docs/rules/billing.md, B-23.
    """
    limit = limit_of(actor)
    if limit is None:
        return
    before = Invoice.objects.filter(corrects=invoice).aggregate(n=Sum("net_amount"))["n"]
    whole = net - (before or Decimal(0))
    home = str(limit.currency)
    worth = Money(converted(whole, _rate(invoice.currency, home, credited_on), home), home)
    policies.check_credit_within(invoice, worth=worth, limit=limit)


def _rate(currency: str, home: str, on: date) -> Decimal:
    terms = money.fx_terms()
    table = money.fx_table(currencies={currency, home}, from_on=on, until_on=on, terms=terms)
    return table.rate(currency, home, on, terms.base_currency, terms.max_age_days).rate
