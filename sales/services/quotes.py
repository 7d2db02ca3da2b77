"""Quotes: versions, lines with their terms, milestones."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from sales import policies
from sales.models import Quote, QuoteLine, QuoteLineDetail, QuoteMilestone
from sales.permissions import SalesPermission
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.rules.quote_analysis import check_milestones_sum
from sales.rules.retainer_term import value_of_term
from sales.selectors import visibility
from sales.services import changes, line_values, numbers

RECORD = "sales.Quote"
VALID_DAYS = 30
Method = QuoteLine.Method
DEFAULT_RECOGNITION = {
    Method.TIME_AND_MATERIAL: "as_invoiced",
    Method.FIXED_PRICE: "cost_to_cost",
    Method.RETAINER: "straight_line",
}


@transaction.atomic
def create_quote(
    *, opportunity_id: int, scope: str = "", terms: str = "", actor: Actor, at: datetime
) -> Quote:
    """Start version 1 of a quote for an open opportunity, in the opportunity's currency."""
    actor.require(SalesPermission.MANAGE)
    opportunity = visibility.get_opportunity(actor=actor, opportunity_id=opportunity_id, lock=True)
    policies.check_is_open(opportunity)
    quote: Quote = Quote.objects.create(
        tenant_id=actor.tenant_id,
        opportunity=opportunity,
        number=numbers.next_number(kind="quote", tenant_id=actor.tenant_id),
        currency=opportunity.currency,
        valid_until=at.date() + timedelta(days=VALID_DAYS),
        scope=scope,
        terms=terms,
        created_at=at,
    )
    _tell(quote, actor, at, "created", f"created quote {quote.number}")
    return quote


@transaction.atomic
def edit_quote(
    *,
    quote_id: int,
    lock_version: int,
    valid_until: date | None,
    scope: str,
    terms: str,
    actor: Actor,
    at: datetime,
) -> Quote:
    """Change a draft's validity, scope and terms. Raises  Conflict if frozen or changed."""
    quote = draft_for_edit(quote_id=quote_id, actor=actor)
    policies.check_version(quote, lock_version)
    values = {"valid_until": valid_until, "scope": scope, "terms": terms}
    changed = changes.apply(quote, values)
    changes.save(quote, changed)
    if changed:
        _tell(quote, actor, at, "edited", f"changed {', '.join(changed).replace('_', ' ')}")
    return quote


@transaction.atomic
def add_line(*, quote_id: int, terms: LineTermsInput, actor: Actor, at: datetime) -> QuoteLine:
    """Add a line to a draft. Raises  DomainError naming the term that is missing or wrong."""
    quote = draft_for_edit(quote_id=quote_id, actor=actor)
    last = quote.lines.aggregate(last=Max("position"))["last"] or 0
    line: QuoteLine = QuoteLine.objects.create(
        tenant_id=actor.tenant_id,
        quote=quote,
        position=last + 1,
        **values_of(terms, currency=quote.currency),
    )
    _tell(quote, actor, at, "line_added", f"added the line “{line.name}”")
    return line


@transaction.atomic
def edit_line(*, line_id: int, terms: LineTermsInput, actor: Actor, at: datetime) -> QuoteLine:
    """Change a draft's line; its value is worked out anew."""
    quote, line = line_for_edit(line_id=line_id, actor=actor)
    values = values_of(terms, currency=quote.currency)
    changed = changes.apply(line, values)
    if changed:
        line.save(update_fields=list(changed))
        line_values.refresh_value(line)
        words = ", ".join(changed).replace("_", " ")
        _tell(quote, actor, at, "line_edited", f"changed {words} of “{line.name}”")
    return line


@transaction.atomic
def remove_line(*, line_id: int, actor: Actor, at: datetime) -> Quote:
    """Take a line with its estimate and milestones out of a draft."""
    quote, line = line_for_edit(line_id=line_id, actor=actor)
    name = line.name
    line.delete()
    _tell(quote, actor, at, "line_removed", f"removed the line “{name}”")
    return quote


@transaction.atomic
def set_milestones(
    *, line_id: int, milestones: Sequence[MilestoneInput], actor: Actor, at: datetime
) -> QuoteLine:
    """Replace the milestones of a fixed-price line. Raises  DomainError unless they sum to it."""
    quote, line = line_for_edit(line_id=line_id, actor=actor)
    if line.billing_method != Method.FIXED_PRICE:
        raise DomainError(f"“{line.name}” has no fixed price, so it has no milestones.")
    value = Money(line.value_amount, quote.currency)
    check_milestones_sum(value, [Money(m.amount, quote.currency) for m in milestones])
    line.milestones.all().delete()
    QuoteMilestone.objects.bulk_create(
        [
            QuoteMilestone(
                tenant_id=actor.tenant_id,
                line=line,
                position=position,
                name=milestone.name,
                due_on=milestone.due_on,
                amount=milestone.amount,
            )
            for position, milestone in enumerate(milestones, start=1)
        ]
    )
    _tell(quote, actor, at, "milestones_set", f"set {len(milestones)} milestones of “{line.name}”")
    return line


@transaction.atomic
def revise_quote(*, quote_id: int, actor: Actor, at: datetime) -> Quote:
    """Make the next version as a draft, with lines, estimate and milestones copied.

    The version it is made of is superseded. Raises  Conflict unless that is the latest open one.
    """
    actor.require(SalesPermission.MANAGE)
    quote = visibility.get_quote(actor=actor, quote_id=quote_id, lock=True)
    policies.check_is_open(quote.opportunity)
    policies.check_can_revise(quote)
    Quote.objects.filter(pk=quote.pk).update(
        status=Quote.Status.SUPERSEDED, lock_version=quote.lock_version + 1
    )
    copy: Quote = Quote.objects.create(
        tenant_id=actor.tenant_id,
        opportunity=quote.opportunity,
        number=quote.number,
        version=quote.version + 1,
        currency=quote.currency,
        valid_until=at.date() + timedelta(days=VALID_DAYS),
        scope=quote.scope,
        terms=quote.terms,
        created_at=at,
    )
    _copy_lines(quote, copy)
    _tell(copy, actor, at, "revised", f"revised version {quote.version}")
    return copy


def draft_for_edit(*, quote_id: int, actor: Actor) -> Quote:
    """The quote, locked, if the actor may change it and it is a draft of an open opportunity."""
    actor.require(SalesPermission.MANAGE)
    quote = visibility.get_quote(actor=actor, quote_id=quote_id, lock=True)
    policies.check_is_draft(quote)
    policies.check_is_open(quote.opportunity)
    return quote


def line_for_edit(*, line_id: int, actor: Actor) -> tuple[Quote, QuoteLine]:
    """The line and its locked draft. Raises  NotFound, Conflict if frozen."""
    line = visibility.get_quote_line(actor=actor, line_id=line_id)
    quote = draft_for_edit(quote_id=line.quote_id, actor=actor)
    return quote, line


def values_of(terms: LineTermsInput, *, currency: str) -> dict[str, Any]:
    """The line's columns; what its billing method does not use is emptied.

    Raises  DomainError naming the term that is missing or wrong.
    """
    check_terms(terms)
    is_retainer = terms.billing_method == Method.RETAINER
    is_time = terms.billing_method == Method.TIME_AND_MATERIAL
    value = Decimal(0)
    if terms.billing_method == Method.FIXED_PRICE:
        value = terms.value_amount
    elif is_retainer and terms.starts_on and terms.ends_on and terms.retainer_amount:
        monthly = Money(terms.retainer_amount, currency)
        value = value_of_term(monthly, terms.starts_on, terms.ends_on).amount
    return {
        "name": terms.name.strip(),
        "billing_method": terms.billing_method,
        "transaction_classes": [str(name) for name in terms.transaction_classes],
        "value_amount": value,
        "not_to_exceed_amount": terms.not_to_exceed_amount if is_time else None,
        "not_to_exceed_warning_percent": terms.not_to_exceed_warning_percent if is_time else None,
        "budget_amount": terms.budget_amount,
        "tax_code": terms.tax_code,
        "invoice_frequency": terms.invoice_frequency,
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "retainer_amount": terms.retainer_amount if is_retainer else None,
        "retainer_minutes": terms.retainer_minutes if is_retainer else None,
        "retainer_overage_policy": terms.retainer_overage_policy if is_retainer else "",
        "retainer_underuse_policy": terms.retainer_underuse_policy if is_retainer else "",
        "expense_policy": terms.expense_policy,
        "expense_markup_percent": terms.expense_markup_percent,
        "recognition_method": terms.recognition_method
        or DEFAULT_RECOGNITION[Method(terms.billing_method)],
    }


def check_terms(terms: LineTermsInput) -> None:
    """Raises  DomainError naming the term that the billing method needs or forbids."""
    if not terms.name.strip():
        raise DomainError("Describe the line in a few words.", field="name")
    if terms.billing_method not in Method.values:
        raise DomainError("Choose a billing method.", field="billing_method")
    if not terms.transaction_classes:
        raise DomainError("Choose what the line covers.", field="transaction_classes")
    if terms.starts_on and terms.ends_on and terms.ends_on < terms.starts_on:
        raise DomainError("The line ends before it starts. Correct a date.", field="ends_on")
    if terms.billing_method == Method.FIXED_PRICE and terms.value_amount <= 0:
        raise DomainError("A fixed price must be above 0.", field="value_amount")
    if terms.not_to_exceed_amount is not None and terms.not_to_exceed_amount <= 0:
        raise DomainError("The limit must be above 0.", field="not_to_exceed_amount")
    if terms.billing_method == Method.RETAINER:
        if not terms.starts_on or not terms.ends_on:
            raise DomainError("A retainer needs a first and a last day.", field="ends_on")
        if not terms.retainer_amount or terms.retainer_amount <= 0:
            raise DomainError("A retainer needs an amount per month.", field="retainer_amount")
        for field in ("retainer_overage_policy", "retainer_underuse_policy"):
            if not getattr(terms, field):
                raise DomainError("Choose what happens at the end of a month.", field=field)


def _copy_lines(source: Quote, target: Quote) -> None:
    for line in source.lines.order_by("position"):
        details, milestones = list(line.details.all()), list(line.milestones.all())
        _as_new(line).quote = target
        line.save()
        for row in (*details, *milestones):
            _as_new(row).line = line
        QuoteLineDetail.objects.bulk_create(details)
        QuoteMilestone.objects.bulk_create(milestones)


def _as_new(row: Any) -> Any:
    row.pk = None
    row._state.adding = True
    return row


def _tell(quote: Quote, actor: Actor, at: datetime, event: str, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event=f"sales.quote.{event}", record_type=RECORD,
        record_id=quote.pk, sentence=sentence,
    )  # fmt: skip
