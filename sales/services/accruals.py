"""From approved work to actual drafts: the one place that decides what work costs and earns.

Called by time and expense, procurement and billing. Everything is decided over a batch: terms are
locked and loaded once, prices resolved in bulk, limits applied in order of work date.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from operator import attrgetter

from psa.core.ledger.rules.types import ActualDraft, ActualType, BillingType
from psa.core.org import features
from psa.core.org import selectors as org
from psa.core.org.models import LegalEntity
from psa.core.org.rules.deployment import Feature
from psa.core.pricing import selectors as pricing
from psa.core.pricing.rules.price_book import PriceBook
from psa.core.pricing.rules.types import PriceContext, Resolved, Unpriced
from psa.core.pricing.services import traces
from sales.rules.accrual import AccrualLeg, AmountPolicy, ApprovedEntry, legs_for
from sales.rules.chargeability import ChargeabilityQuery, billing_type_for
from sales.rules.not_to_exceed import LimitWarning

from . import accrual_limits, accrual_terms
from .accrual_drafts import Amounts, ApprovedWork, Judged, draft_of
from .accrual_prices import Prices
from .accrual_terms import LineTerms


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that can't be posted, with the sentence for the person, free of any rate."""

    source_kind: str
    source_id: int
    reason: str
    context: str = ""
    unpriced: Unpriced | None = None


@dataclass(frozen=True, slots=True)
class Accrual:
    """What a batch of approved work becomes. Refused entries have no draft at all."""

    drafts: list[ActualDraft]
    refused: list[Refused]
    # Limits that were passed, by contract.
    warned: dict[int, list[LimitWarning]]
    flagged: list[Refused] = field(default_factory=list)

    @property
    def warnings(self) -> list[LimitWarning]:
        return [warning for passed in self.warned.values() for warning in passed]


def accrue(
    *, works: Sequence[ApprovedWork], tenant_id: int, book: PriceBook | None = None
) -> Accrual:
    """Price, judge and split approved work; the drafts are ready for ``ledger.post``.

    Locks the contracts and then their lines, by id. Work under a limit is taken by work date, then
    by source, so that the same approvals give the same split whatever order they came in.
    An entry without a price is refused (or posted at 0 and flagged, as the tenant's policy says):
    never a silent zero.
    Work of a person of another legal entity than the contract's (without one: the project's) is
    lent: it costs the borrower the transfer price, which is the lender's sale, beside the lender's
    own cost in the lender's books. Between units of one entity that have a transfer list, the work
    keeps its cost, and the lending unit's cost and sale stand beside it.
    In a Lite firm work is its cost alone: nothing is lent, sold or limited.
    Raises  RateMissing.
    Source  docs/rules/sales.md, S-4, S-7, S-8, S-25 and S-26.
    """
    if not works:
        return Accrual([], [], {})
    terms = accrual_terms.lines_with_terms(
        {work.contract_line_id for work in works if work.contract_line_id is not None}
    )
    batch = _Batch(works, terms, tenant_id, book)
    batch.price()
    drafts, warned = accrual_limits.drafts_within_limits(batch.judged)
    return Accrual(drafts, batch.refused, warned, batch.flagged)


def accrue_without_limits(
    *, works: Sequence[ApprovedWork], tenant_id: int, book: PriceBook
) -> Accrual:
    """What work would cost and earn by another price book, before any limit: for a what-if.

    Priced and judged as `accrue` does it. It stores traces and takes locks as that does, so call it
    where the transaction is rolled back.
    """
    if not works:
        return Accrual([], [], {})
    terms = accrual_terms.lines_with_terms(
        {work.contract_line_id for work in works if work.contract_line_id is not None}
    )
    batch = _Batch(works, terms, tenant_id, book)
    batch.price()
    amounts: Amounts = {}
    drafts = [draft_of(row, leg, amounts) for row in batch.judged for leg in row.legs]
    return Accrual(drafts, batch.refused, {}, batch.flagged)


class _Batch:
    """The state of one ``accrue`` call; nothing of it outlives the call."""

    def __init__(
        self,
        works: Sequence[ApprovedWork],
        terms: dict[int, LineTerms],
        tenant_id: int,
        book: PriceBook | None,
    ) -> None:
        self.tenant_id = tenant_id
        self.terms = terms
        self.refused: list[Refused] = []
        self.flagged: list[Refused] = []
        days = [work.work_on for work in works]
        parents, self.entities = org.unit_places()
        self.prices = Prices(
            book or pricing.price_book(from_on=min(days), until_on=max(days)), parents
        )
        self.role_defaults = org.billing_types_of_roles()
        self.has_sales = features.offers_to_writer(Feature.SALES_ACTUALS)
        self._legs: dict[ApprovedEntry, tuple[AccrualLeg, ...]] = {}
        self.judged = [self._judge(work) for work in sorted(works, key=_in_order)]

    @cached_property
    def policy(self) -> str:
        """Asked for only where a price is missing."""
        return pricing.missing_price_policy()

    def _judge(self, work: ApprovedWork) -> Judged:
        line = self.terms.get(work.contract_line_id) if work.contract_line_id else None
        if line is not None and line.former:
            line = line.on(work.work_on)
        lender_id = self._lender(work, line) if self.has_sales else None
        entry = ApprovedEntry(
            transaction_class=work.transaction_class,
            billing_type=self._billing_type(work, line),
            billing_method=line.method if line else None,
            minutes=work.minutes,
            quantity=None if work.minutes is not None else Decimal(1),
            billable_minutes=work.billable_minutes,
            is_borrowed=lender_id is not None,
            is_between_units=(
                self.has_sales and lender_id is None and self._is_between_units(work, line)
            ),
        )
        legs = self._legs.get(entry)
        if legs is None:
            legs = legs_for(entry)
            if not self.has_sales:
                legs = tuple(leg for leg in legs if leg.type is ActualType.COST)
            self._legs[entry] = legs
        return Judged(work, line, legs, lender_id, entry.is_between_units)

    def _lender(self, work: ApprovedWork, line: LineTerms | None) -> int | None:
        """The legal entity that lends the person, None for its own. What is bought is not lent."""
        if work.minutes is None:
            return None
        lender_id = self.entities[work.resourcing_unit_id]
        return None if lender_id == (line or work).legal_entity_id else lender_id

    def _is_between_units(self, work: ApprovedWork, line: LineTerms | None) -> bool:
        """Whether another unit of the entity lends the person, at a price that both agreed."""
        unit_id = (line or work).contracting_unit_id
        if work.minutes is None or work.resourcing_unit_id == unit_id:
            return False
        return self.prices.is_agreed(work.resourcing_unit_id, unit_id, work.work_on)

    def _billing_type(self, work: ApprovedWork, line: LineTerms | None) -> BillingType:
        if work.billing_type:
            return BillingType(work.billing_type)
        if line is None:
            return BillingType.NON_CHARGEABLE
        default = BillingType.CHARGEABLE
        if work.minutes is not None and work.role_id in self.role_defaults:
            default = BillingType(self.role_defaults[work.role_id])
        return billing_type_for(
            line.chargeability,
            ChargeabilityQuery(work.resource_id, work.task_path, work.role_id, work.category_id),
            default=default,
        )

    # --- prices ---------------------------------------------------------------------------

    def price(self) -> None:
        """Find the cost price of all, then the transfer price of what is lent and the sales price of
        what earns; refuse what has none."""
        self._price_costs()
        self._price_transfers(
            [row for row in self.judged if row.lender_id is not None or row.is_between_units]
        )
        self._price_sales([row for row in self.judged if _earns(row)])

    def _price_costs(self) -> None:
        timed = [row for row in self.judged if row.work.minutes is not None]
        for row, answer, trace_id in self._priced(timed, PriceContext.COST):
            row.cost, row.cost_trace_id = answer, trace_id

    def _price_transfers(self, rows: list[Judged]) -> None:
        for row, answer, trace_id in self._priced(rows, PriceContext.TRANSFER):
            row.transfer, row.transfer_trace_id = answer, trace_id

    def _price_sales(self, rows: list[Judged]) -> None:
        for row, answer, trace_id in self._priced(rows, PriceContext.SALES):
            row.sales, row.sales_trace_id = answer, trace_id

    def _priced(
        self, rows: list[Judged], context: PriceContext
    ) -> list[tuple[Judged, Resolved, int]]:
        """Priced rows with their stored traces; the others leave the batch, or go at 0 flagged."""
        dropped: set[int] = set()
        priced: list[tuple[Judged, Resolved]] = []
        for row, answer in zip(rows, self.prices.of(rows, context), strict=True):
            if isinstance(answer, Unpriced):
                refusal = Refused(
                    row.work.source_kind,
                    row.work.source_id,
                    f"There is no {context.value} price for this work: {answer.missing}",
                    context.value,
                    answer,
                )
                if self.policy != pricing.ZERO_AND_FLAG:
                    self.refused.append(refusal)
                    dropped.add(id(row))
                    continue
                self.flagged.append(refusal)
                currency = row.line.currency if row.line else ""
                answer = pricing.zero_price(
                    self.prices.query(row, context),
                    answer,
                    currency=currency or self.entity_currency(row.work),
                )
            priced.append((row, answer))
        if dropped:
            self.judged = [row for row in self.judged if id(row) not in dropped]
        ids = traces.trace_ids(
            tenant_id=self.tenant_id, priced=[(context.value, answer) for _, answer in priced]
        )
        return [(row, answer, i) for (row, answer), i in zip(priced, ids, strict=True)]

    def entity_currency(self, work: ApprovedWork) -> str:
        """The currency of the entity that carries the cost, for a flagged zero."""
        code: str = LegalEntity.objects.values_list("currency", flat=True).get(
            pk=work.legal_entity_id
        )
        return code


_in_order = attrgetter("work_on", "source_kind", "source_id")


SALES_POLICIES = frozenset({AmountPolicy.SALES_PRICE, AmountPolicy.ZERO_KEEPING_LIST})


def _earns(row: Judged) -> bool:
    """Whether the customer's price is needed."""
    return any(leg.amount_policy in SALES_POLICIES for leg in row.legs)
