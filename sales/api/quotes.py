"""Quotes: lines, estimate, milestones, sending, versions."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import uuid4

from ninja import Field

from psa.core import clock
from psa.core.ledger.rules.types import TransactionClass
from psa.core.notifications.mailing import DeliveryView
from psa.core.web.api import ApiRequest, In, Named, Nothing, Out, shape
from psa.core.web.api.fields import (
    Day,
    Email,
    Id,
    Minutes,
    Money,
    Number,
    OneOf,
    PositiveAmount,
    Rate,
    Text,
    Within,
)
from sales import policies
from sales.forms.quotes import EXPENSES, FREQUENCIES, OVERAGE, RECOGNITION, UNDERUSE
from sales.models import QuoteLine
from sales.permissions import SalesPermission
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.rules.quote_analysis import Analysis
from sales.selectors import quote_mails, visibility
from sales.selectors import quotes as selectors
from sales.services import estimates, quotes, sending
from sales.services.estimates import DetailInput
from sales.views import lists as specs

from .area import SEES, endpoints

AnalysisOut = shape(Analysis, "QuoteAnalysis")
DetailOut = shape(selectors.DetailRow, "EstimateRow")
ComparedLineOut = shape(selectors.ComparedLine, "ComparedLine")


def _words(choices: list[tuple[str, str]]) -> list[str]:
    return [word for word, _ in choices]


class TermsOut(Out):
    """What a quote line and the contract line made of it have in common."""

    id: int
    position: int
    name: str
    billing_method: str
    transaction_classes: list[str]
    value_amount: Number
    not_to_exceed_amount: Number | None
    not_to_exceed_warning_percent: Number | None
    tax_code: str
    invoice_frequency: str
    starts_on: Day | None
    ends_on: Day | None
    retainer_amount: Number | None
    retainer_minutes: int | None
    retainer_overage_policy: str
    retainer_underuse_policy: str
    expense_policy: str
    expense_markup_percent: Number
    recognition_method: str


class QuoteMilestoneOut(Out):
    name: str
    due_on: Day
    amount: Number


class QuoteLineOut(Out):
    terms: TermsOut = Field(alias="line")
    value: Money
    minutes: int
    estimate: list[DetailOut] = Field(alias="rows")  # type: ignore[valid-type]
    milestones: list[QuoteMilestoneOut]
    analysis: AnalysisOut | None = Field(description="Null unless you may see its cost.")  # type: ignore[valid-type]


class VersionOut(Out):
    id: int
    version: int
    status: str


QuoteMailOut = shape(DeliveryView, "QuoteMail")


class QuoteOut(Out):
    """One version of what is offered. Rates you may not see are null."""

    id: int = Field(alias="quote.id")
    number: str = Field(alias="quote.number")
    version: int = Field(alias="quote.version")
    status: str = Field(alias="quote.status")
    opportunity: Named = Field(alias="quote.opportunity")
    currency: str = Field(alias="quote.currency")
    valid_until: Day | None = Field(alias="quote.valid_until")
    scope: str = Field(alias="quote.scope")
    terms: str = Field(alias="quote.terms")
    sent_at: datetime | None = Field(alias="quote.sent_at")
    value: Money
    minutes: int
    discount: Money | None
    analysis: AnalysisOut | None  # type: ignore[valid-type]
    lines: list[QuoteLineOut]
    versions: list[VersionOut]
    document_id: int | None
    mails: list[QuoteMailOut]  # type: ignore[valid-type]
    contract_id: int | None
    lock_version: int = Field(alias="quote.lock_version")


class QuoteIn(In):
    valid_until: Day | None = None
    scope: Annotated[str, Text(20000)] = ""
    terms: Annotated[str, Text(20000)] = ""


class QuoteLineIn(In):
    name: Annotated[str, Text(160, blank=False)]
    billing_method: Annotated[str, OneOf(*QuoteLine.Method.values)]
    transaction_classes: list[Annotated[str, OneOf(*TransactionClass)]] = Field(
        ["time"], min_length=1, max_length=4
    )
    starts_on: Day | None = None
    ends_on: Day | None = Field(None, description="The last day.")
    value_amount: PositiveAmount = Decimal(0)
    not_to_exceed_amount: PositiveAmount | None = None
    not_to_exceed_warning_percent: (
        Annotated[Decimal, Within(digits=5, places=2, least=1, most=100)] | None
    ) = None
    retainer_amount: PositiveAmount | None = None
    retainer_minutes: Minutes | None = None
    retainer_overage_policy: Annotated[str, OneOf("", *_words(OVERAGE))] = ""
    retainer_underuse_policy: Annotated[str, OneOf("", *_words(UNDERUSE))] = ""
    expense_policy: Annotated[str, OneOf(*_words(EXPENSES))] = "at_cost"
    expense_markup_percent: Annotated[Decimal, Within(digits=7, least=0, most=500)] = Decimal(0)
    invoice_frequency: Annotated[str, OneOf(*_words(FREQUENCIES))] = "monthly"
    tax_code: Annotated[str, Text(20)] = ""
    recognition_method: Annotated[str, OneOf(*_words(RECOGNITION))] = ""

    def as_terms(self) -> LineTermsInput:
        given = self.values()
        given["transaction_classes"] = tuple(dict.fromkeys(given["transaction_classes"]))
        return LineTermsInput(**given)


class EstimateRowIn(In):
    """A row of the estimate. Rates left out come from the price lists."""

    transaction_class: Annotated[str, OneOf(*TransactionClass)] = "time"
    starts_on: Day
    role_id: Id | None = None
    resourcing_unit_id: Id | None = None
    category_id: Id | None = None
    description: Annotated[str, Text(160)] = ""
    minutes: Minutes | None = None
    quantity: PositiveAmount | None = None
    cost_rate: Rate | None = None
    bill_rate: Rate | None = None
    override_reason: Annotated[str, Text(200)] = ""


class QuoteMilestoneIn(In):
    name: Annotated[str, Text(120, blank=False)]
    due_on: Day
    amount: PositiveAmount


class QuoteMilestonesIn(In):
    milestones: list[QuoteMilestoneIn] = Field(max_length=60)


@endpoints.list("/quotes", specs.QUOTES, *SEES, name="Quote")
def list_quotes(request: ApiRequest) -> Any:
    """Quotes, a row for each version."""
    return selectors.quotes(actor=request.actor)


@endpoints.read("/quotes/{quote_id}", QuoteOut, *SEES)
def get_quote(request: ApiRequest, quote_id: Id) -> Any:
    """One version with lines, estimate, and what you may see of its cost and margin."""
    return selectors.quote_page(actor=request.actor, quote_id=quote_id)


@endpoints.report(
    "/quotes/{quote_id}/compare/{other_id}",
    list[ComparedLineOut],  # type: ignore[valid-type]
    *SEES,
)
def compare_quotes(request: ApiRequest, quote_id: Id, other_id: Id) -> Any:
    """The lines of two versions side by side."""
    return selectors.compare_versions(actor=request.actor, quote_id=quote_id, other_id=other_id)


@endpoints.write(
    "PUT", "/quotes/{quote_id}", QuoteOut, SalesPermission.MANAGE, of=get_quote, versioned=True
)
def edit_quote(request: ApiRequest, quote_id: Id, body: QuoteIn) -> Any:
    """Replace a draft's validity and texts."""
    quotes.edit_quote(
        quote_id=quote_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_quote(request, quote_id=quote_id)


@endpoints.write(
    "POST", "/quotes/{quote_id}/lines", QuoteOut, SalesPermission.MANAGE, status=201, of=get_quote
)
def add_quote_line(request: ApiRequest, quote_id: Id, body: QuoteLineIn) -> Any:
    """Add a line to a draft."""
    quotes.add_line(quote_id=quote_id, terms=body.as_terms(), actor=request.actor, at=clock.now())
    return get_quote(request, quote_id=quote_id)


@endpoints.write("PUT", "/quote-lines/{line_id}", QuoteOut, SalesPermission.MANAGE)
def edit_quote_line(request: ApiRequest, line_id: Id, body: QuoteLineIn) -> Any:
    """Replace a line's terms."""
    line = quotes.edit_line(
        line_id=line_id, terms=body.as_terms(), actor=request.actor, at=clock.now()
    )
    return get_quote(request, quote_id=line.quote_id)


@endpoints.write("DELETE", "/quote-lines/{line_id}", QuoteOut, SalesPermission.MANAGE)
def remove_quote_line(request: ApiRequest, line_id: Id) -> Any:
    """Take a line out of a draft."""
    quote = quotes.remove_line(line_id=line_id, actor=request.actor, at=clock.now())
    return get_quote(request, quote_id=quote.pk)


@endpoints.write("PUT", "/quote-lines/{line_id}/milestones", QuoteOut, SalesPermission.MANAGE)
def set_quote_milestones(request: ApiRequest, line_id: Id, body: QuoteMilestonesIn) -> Any:
    """Replace the milestones of a fixed-price line."""
    line = quotes.set_milestones(
        line_id=line_id,
        milestones=[MilestoneInput(**one.values()) for one in body.milestones],
        actor=request.actor,
        at=clock.now(),
    )
    return get_quote(request, quote_id=line.quote_id)


@endpoints.write(
    "POST", "/quote-lines/{line_id}/estimate", QuoteOut, SalesPermission.MANAGE, status=201
)
def add_estimate_row(request: ApiRequest, line_id: Id, body: EstimateRowIn) -> Any:
    """Add a row to a line's estimate; it is priced from the lists."""
    known = visibility.get_quote_line(actor=request.actor, line_id=line_id)
    estimates.add_detail(
        line_id=line_id,
        detail=_as_seen(request, body, known.quote.opportunity.owner_id, None),
        actor=request.actor,
        at=clock.now(),
    )
    return get_quote(request, quote_id=known.quote_id)


@endpoints.write("PUT", "/estimate-rows/{detail_id}", QuoteOut, SalesPermission.MANAGE)
def edit_estimate_row(request: ApiRequest, detail_id: Id, body: EstimateRowIn) -> Any:
    """Replace a row of an estimate. Rates that you may not see stay as they are."""
    row = selectors.get_detail(actor=request.actor, detail_id=detail_id)
    estimates.edit_detail(
        detail_id=detail_id,
        detail=_as_seen(
            request, body, row.line.quote.opportunity.owner_id, estimates.as_typed(row)
        ),
        actor=request.actor,
        at=clock.now(),
    )
    return get_quote(request, quote_id=row.line.quote_id)


@endpoints.write("DELETE", "/estimate-rows/{detail_id}", QuoteOut, SalesPermission.MANAGE)
def remove_estimate_row(request: ApiRequest, detail_id: Id) -> Any:
    """Take a row out of an estimate."""
    quote = estimates.remove_detail(detail_id=detail_id, actor=request.actor, at=clock.now())
    return get_quote(request, quote_id=quote.pk)


@endpoints.write(
    "POST", "/quotes/{quote_id}/reprice", QuoteOut, SalesPermission.MANAGE, of=get_quote
)
def reprice_quote(request: ApiRequest, quote_id: Id, body: Nothing) -> Any:
    """Price the whole estimate anew from the lists of today."""
    estimates.reprice_quote(quote_id=quote_id, actor=request.actor, at=clock.now())
    return get_quote(request, quote_id=quote_id)


class SendQuoteIn(In):
    """Whom to mail the document to; without `recipients` it is only made."""

    recipients: list[Email] = Field(default_factory=list, max_length=20)
    message: Annotated[str, Text(4000)] = ""


@endpoints.write("POST", "/quotes/{quote_id}/send", QuoteOut, SalesPermission.MANAGE, of=get_quote)
def send_quote(request: ApiRequest, quote_id: Id, body: SendQuoteIn) -> Any:
    """Freeze the quote, make its document and mail it; without a message it says the usual words."""
    mail = None
    if body.recipients:
        known = visibility.get_quote(actor=request.actor, quote_id=quote_id)
        mail = sending.QuoteMail(
            recipients=body.recipients,
            message=body.message or quote_mails.usual_message(known),
            request_key=request.headers.get("Idempotency-Key", "")[:80] or uuid4().hex,
        )
    sending.send_quote(quote_id=quote_id, mail=mail, actor=request.actor, at=clock.now())
    return get_quote(request, quote_id=quote_id)


@endpoints.write(
    "POST",
    "/quotes/{quote_id}/revise",
    QuoteOut,
    SalesPermission.MANAGE,
    status=201,
    of=get_quote,
)
def revise_quote(request: ApiRequest, quote_id: Id, body: Nothing) -> Any:
    """Start the next version of a quote that was sent."""
    made = quotes.revise_quote(quote_id=quote_id, actor=request.actor, at=clock.now())
    return get_quote(request, quote_id=made.pk)


def _as_seen(
    request: ApiRequest, body: EstimateRowIn, owner_id: int, before: DetailInput | None
) -> DetailInput:
    """The row as sent, without the rates that this person may neither see nor set."""
    detail = DetailInput(**body.values())
    if not policies.sees_cost(request.actor, owner_id):
        detail = replace(detail, cost_rate=before.cost_rate if before else None)
    if not policies.sees_bill(request.actor, owner_id):
        detail = replace(detail, bill_rate=before.bill_rate if before else None)
    return detail
