"""From approved work to actual drafts: the one place that decides what work costs and earns.

Called by time and expense, procurement and billing. Everything is decided over a batch: terms are
locked and loaded once, prices resolved in bulk, limits applied in order of work date.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.ledger.rules.types import (
    ActualDraft,
    ActualType,
    BillingMethod,
    BillingType,
    TransactionClass,
)
from psa.core.org import selectors as org
from psa.core.org.models import LegalEntity
from psa.core.pricing import owners
from psa.core.pricing import selectors as pricing
from psa.core.pricing.rules.price_book import PriceBook
from psa.core.pricing.rules.types import (
    AgreedRate,
    BaseCost,
    PriceContext,
    PriceQuery,
    Resolved,
    Unpriced,
)
from psa.core.pricing.services import traces
from sales.rules.accrual import AccrualLeg, AmountPolicy, ApprovedEntry, legs_for
from sales.rules.chargeability import ChargeabilityQuery, billing_type_for
from sales.rules.not_to_exceed import (
    Limit,
    LimitWarning,
    Work,
    WorkSplit,
    split_by_limits,
    warnings_between,
)
from sales.selectors import limits as contract_limits

from . import accrual_terms
from .accrual_terms import LineTerms


@dataclass(frozen=True, slots=True)
class ApprovedWork:
    """One approved entry, with all that its room knows of it.

    Time carries ``minutes`` (and ``billable_minutes`` when the approver bills another amount);
    expenses and materials carry ``quantity`` 1 and their net cost. ``billing_type`` "" leaves the
    decision to the contract line's chargeability matrix.
    """

    source_kind: str
    source_id: int
    revision: int
    transaction_class: TransactionClass
    work_on: date
    project_id: int
    contracting_unit_id: int
    legal_entity_id: int
    resource_id: int
    resourcing_unit_id: int
    role_id: int | None
    posting_event: str
    task_id: int | None = None
    task_path: tuple[int, ...] = ()
    contract_line_id: int | None = None
    category_id: int | None = None
    billing_type: str = ""
    minutes: int | None = None
    billable_minutes: int | None = None
    net_cost_amount: Decimal | None = None
    cost_currency: str = ""
    recoverable_tax: Decimal = Decimal(0)
    description: str = ""
    agreed_bill_rate: AgreedRate | None = None
    price_facts: tuple[tuple[str, str], ...] = ()


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
    Raises  RateMissing.
    Source  docs/rules/sales.md, S-4, S-7 and S-8.
    """
    if not works:
        return Accrual([], [], {})
    terms = accrual_terms.lines_with_terms(
        {work.contract_line_id for work in works if work.contract_line_id is not None}
    )
    batch = _Batch(works, terms, tenant_id, book)
    batch.price()
    drafts, warned = batch.drafts()
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
    drafts = [_draft(row, leg) for row in batch.judged for leg in row.legs]
    return Accrual(drafts, batch.refused, {}, batch.flagged)


@dataclass(slots=True)
class _Judged:
    """One entry on its way: its line, its legs, and its prices once they are found."""

    work: ApprovedWork
    line: LineTerms | None
    legs: tuple[AccrualLeg, ...]
    cost: Resolved | None = None
    cost_trace_id: int | None = None
    sales: Resolved | None = None
    sales_trace_id: int | None = None


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
        self.book = book or pricing.price_book(from_on=min(days), until_on=max(days))
        self.sources = pricing.dimension_sources()
        self.parents = org.unit_parents()
        self.policy = pricing.missing_price_policy()
        self._up: dict[int, tuple[int, ...]] = {}
        self._owners: dict[tuple[int, int, int], tuple[tuple[str, int], ...]] = {}
        self.judged = [self._judge(work) for work in sorted(works, key=_in_order)]

    def _judge(self, work: ApprovedWork) -> _Judged:
        line = self.terms.get(work.contract_line_id) if work.contract_line_id else None
        legs = legs_for(
            ApprovedEntry(
                transaction_class=work.transaction_class,
                billing_type=self._billing_type(work, line),
                billing_method=line.method if line else None,
                minutes=work.minutes,
                quantity=None if work.minutes is not None else Decimal(1),
                billable_minutes=work.billable_minutes,
            )
        )
        return _Judged(work, line, legs)

    def _billing_type(self, work: ApprovedWork, line: LineTerms | None) -> BillingType:
        if work.billing_type:
            return BillingType(work.billing_type)
        if line is None:
            return BillingType.NON_CHARGEABLE
        return billing_type_for(
            line.chargeability,
            ChargeabilityQuery(work.resource_id, work.task_path, work.role_id, work.category_id),
        )

    # --- prices ---------------------------------------------------------------------------

    def price(self) -> None:
        """Find the cost price of all, then the sales price of what earns; refuse what has none."""
        self._price_costs()
        self._price_sales([row for row in self.judged if _earns(row)])

    def _price_costs(self) -> None:
        timed = [row for row in self.judged if row.work.minutes is not None]
        answers = pricing.resolve_prices([self._cost_query(row) for row in timed], book=self.book)
        kept = self._keep(timed, answers, PriceContext.COST)
        for row, answer, trace_id in kept:
            row.cost, row.cost_trace_id = answer, trace_id

    def _price_sales(self, rows: list[_Judged]) -> None:
        answers = pricing.resolve_prices([self._sales_query(row) for row in rows], book=self.book)
        for row, answer, trace_id in self._keep(rows, answers, PriceContext.SALES):
            row.sales, row.sales_trace_id = answer, trace_id

    def _keep(
        self,
        rows: list[_Judged],
        answers: Sequence[Resolved | Unpriced],
        context: PriceContext,
    ) -> list[tuple[_Judged, Resolved, int]]:
        """Priced rows with their stored traces; the others leave the batch, or go at 0 flagged."""
        dropped: set[int] = set()
        priced: list[tuple[_Judged, Resolved]] = []
        for row, answer in zip(rows, answers, strict=True):
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
                    self._cost_query(row)
                    if context is PriceContext.COST
                    else self._sales_query(row),
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

    def _cost_query(self, row: _Judged) -> PriceQuery:
        work = row.work
        return pricing.time_query(
            context=PriceContext.COST,
            on=work.work_on,
            owners=self._cost_owners(work.resourcing_unit_id),
            role_id=work.role_id,
            resourcing_unit_id=work.resourcing_unit_id,
            facts=dict(work.price_facts) if work.price_facts else None,
            sources=self.sources,
        )

    def _sales_query(self, row: _Judged) -> PriceQuery:
        work, line = row.work, row.line
        assert line is not None  # only work under a contract line earns
        chain = self._sales_owners(line)
        if work.minutes is not None:
            agreed = line.rate_overrides.get(work.role_id) if work.role_id else None
            return pricing.time_query(
                context=PriceContext.SALES,
                on=work.work_on,
                owners=chain,
                role_id=work.role_id,
                resourcing_unit_id=work.resourcing_unit_id,
                facts=dict(work.price_facts) if work.price_facts else None,
                sources=self.sources,
                currency=line.currency,
                overrides=tuple(rate for rate in (work.agreed_bill_rate, agreed) if rate),
            )
        assert work.net_cost_amount is not None  # anything but time carries its cost
        return pricing.category_query(
            context=PriceContext.SALES,
            on=work.work_on,
            owners=chain,
            transaction_class=work.transaction_class.value,
            category_id=work.category_id,
            currency=line.currency,
            unit="unit",
            cost=BaseCost(work.net_cost_amount, work.cost_currency, "unit"),
            overrides=(accrual_terms.expense_rate(line),),
        )

    def _cost_owners(self, unit_id: int) -> tuple[tuple[str, int], ...]:
        key = (0, 0, unit_id)
        if key not in self._owners:
            self._owners[key] = owners.cost_owners(self._units_up(unit_id))
        return self._owners[key]

    def _sales_owners(self, line: LineTerms) -> tuple[tuple[str, int], ...]:
        key = (line.contract_id, line.account_id, line.contracting_unit_id)
        if key not in self._owners:
            self._owners[key] = owners.sales_owners(
                line.contract_id, line.account_id, self._units_up(line.contracting_unit_id)
            )
        return self._owners[key]

    def _units_up(self, unit_id: int) -> tuple[int, ...]:
        if unit_id not in self._up:
            self._up[unit_id] = org.units_up(unit_id, parents=self.parents)
        return self._up[unit_id]

    # --- drafts ---------------------------------------------------------------------------

    def drafts(self) -> tuple[list[ActualDraft], dict[int, list[LimitWarning]]]:
        """All rows of the batch, with what crosses a limit parked, and the limits passed."""
        drafts: list[ActualDraft | None] = []
        capped: dict[int, list[tuple[int, ActualDraft]]] = defaultdict(list)
        limits = contract_limits.limits_of(
            {
                row.line.contract_id
                for row in self.judged
                if row.line and row.line.method is BillingMethod.TIME_AND_MATERIAL
            }
        )
        for row in self.judged:
            for leg in row.legs:
                draft = _draft(row, leg)
                if (
                    draft.type is ActualType.UNBILLED_SALES
                    and draft.amount != 0
                    and draft.contract_id in limits
                ):
                    capped[draft.contract_id].append((len(drafts), draft))
                drafts.append(draft)
        warned: dict[int, list[LimitWarning]] = {}
        parked: list[ActualDraft] = []
        for contract_id in sorted(capped):
            rows = capped[contract_id]
            result = split_by_limits(
                [_work(index, draft) for index, draft in rows], limits[contract_id]
            )
            passed = warnings_between(limits[contract_id], result.limits)
            if passed:
                warned[contract_id] = passed
            for (index, draft), part in zip(rows, result.splits, strict=True):
                if part.parked.amount:
                    accrued, over = parts_of(draft, part)
                    # What found no room at all has no unbilled row; the parked one has its value.
                    drafts[index] = accrued if accrued.amount else None
                    parked.append(over)
        return [draft for draft in drafts if draft is not None] + parked, warned


def _in_order(work: ApprovedWork) -> tuple[date, str, int]:
    return (work.work_on, work.source_kind, work.source_id)


def _earns(row: _Judged) -> bool:
    return any(leg.amount_policy is not AmountPolicy.COST_PRICE for leg in row.legs)


def _draft(row: _Judged, leg: AccrualLeg) -> ActualDraft:
    work, line = row.work, row.line
    is_cost = leg.amount_policy is AmountPolicy.COST_PRICE
    price, unit, currency, amount = _valued(row, leg, is_cost)
    return ActualDraft(
        type=leg.type,
        work_on=work.work_on,
        legal_entity_id=line.legal_entity_id if line else work.legal_entity_id,
        transaction_class=work.transaction_class,
        currency=currency,
        amount=Decimal(0) if leg.amount_policy is AmountPolicy.ZERO_KEEPING_LIST else amount,
        source_kind=work.source_kind,
        source_id=work.source_id,
        revision=work.revision,
        leg=leg.leg,
        contracting_unit_id=line.contracting_unit_id if line else work.contracting_unit_id,
        resourcing_unit_id=work.resourcing_unit_id,
        project_id=work.project_id,
        task_id=work.task_id,
        contract_id=line.contract_id if line else None,
        contract_line_id=line.id if line else None,
        account_id=line.account_id if line else None,
        resource_id=work.resource_id,
        role_id=work.role_id,
        category_id=work.category_id,
        billing_type=leg.billing_type,
        minutes=leg.minutes,
        quantity=leg.quantity,
        unit=unit,
        price=price,
        list_amount=amount,
        price_trace=row.cost_trace_id if is_cost else row.sales_trace_id,
        description=work.description,
        posting_event=work.posting_event if is_cost else "",
        recoverable_tax=work.recoverable_tax if is_cost else Decimal(0),
    )


def _valued(row: _Judged, leg: AccrualLeg, is_cost: bool) -> tuple[Decimal, str, str, Decimal]:
    """Price, its unit, currency and the amount rounded once, of one leg."""
    work = row.work
    if is_cost and work.net_cost_amount is not None:
        return work.net_cost_amount, "unit", work.cost_currency, work.net_cost_amount
    found = row.cost if is_cost else row.sales
    assert found is not None  # refused rows have left the batch
    if leg.minutes is not None:
        amount = found.amount_for_minutes(leg.minutes).amount
    else:
        amount = found.amount_for_units(leg.quantity or Decimal(1)).amount
    return found.price, found.unit, found.currency, amount


def _work(ref: int, draft: ActualDraft) -> Work:
    assert draft.contract_line_id is not None  # limits are a contract's
    return Work(
        ref=ref,
        amount=Money(draft.amount, draft.currency),
        contract_line_id=draft.contract_line_id,
        transaction_class=draft.transaction_class,
        account_id=draft.account_id,
        minutes=draft.minutes,
        work_on=draft.work_on,
    )


def parts_of(draft: ActualDraft, part: WorkSplit) -> tuple[ActualDraft, ActualDraft]:
    """The accrued and the parked row of work that crossed a limit; together they are the whole.

    Quantities are split as the amounts are, to four places, the rest in the parked part.
    """
    share = part.accrued.amount / draft.amount
    accrued_quantity = None
    parked_quantity = None
    if draft.quantity is not None:
        accrued_quantity = round(draft.quantity * share, 4)
        parked_quantity = draft.quantity - accrued_quantity
    return (
        replace(
            draft,
            amount=part.accrued.amount,
            list_amount=part.accrued.amount,
            minutes=part.accrued_minutes,
            quantity=accrued_quantity,
        ),
        replace(
            draft,
            type=ActualType.PARKED_SALES,
            amount=part.parked.amount,
            list_amount=part.parked.amount,
            minutes=part.parked_minutes,
            quantity=parked_quantity,
        ),
    )


def limit_room(contract_ids: Sequence[int]) -> dict[int, list[Limit]]:
    """The limits of contracts with what is used of each, under their locks.

    For whoever is about to raise an amount (a reviewer's correction of an invoice line).
    """
    accrual_terms.lines_with_terms((), contract_ids=contract_ids)
    return contract_limits.limits_of(contract_ids)
