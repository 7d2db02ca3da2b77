"""What is asked of the price lists for judged work: what it costs, is lent for, and sells at."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from psa.core.org import selectors as org
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

from . import accrual_terms
from .accrual_drafts import Judged
from .accrual_terms import LineTerms

PriceAnswers = list[Resolved | Unpriced]


class Prices:
    """Prices of one batch's work by one book; work that asks the same is asked for once."""

    def __init__(self, book: PriceBook, parents: Mapping[int, int | None]) -> None:
        self._book = book
        self._sources = pricing.dimension_sources()
        self._parents = parents
        self._up: dict[int, tuple[int, ...]] = {}
        self._owners: dict[tuple[int, int, int], tuple[tuple[str, int], ...]] = {}
        self._terms: dict[int, tuple[Any, ...]] = {}
        self._lenders = {
            owner for context, owner in book.lists_by_owner if context is PriceContext.TRANSFER
        }

    def of(self, rows: Sequence[Judged], context: PriceContext) -> PriceAnswers:
        """The price of each row, in order."""
        match context:
            case PriceContext.COST:
                return self._answers(rows, _cost_question, self._cost_query)
            case PriceContext.TRANSFER:
                return pricing.resolve_prices(
                    [self._transfer_query(row) for row in rows], book=self._book
                )
            case _:
                return self._answers(rows, self._sales_question, self._sales_query)

    def query(self, row: Judged, context: PriceContext) -> PriceQuery:
        """What is asked for one row."""
        match context:
            case PriceContext.COST:
                return self._cost_query(row)
            case PriceContext.TRANSFER:
                return self._transfer_query(row)
            case _:
                return self._sales_query(row)

    def is_agreed(self, lending_unit_id: int, borrowing_unit_id: int, on: date) -> bool:
        """Whether these two units have a transfer list of that day."""
        if not self._lenders:
            return False
        pair = (owners.UNIT_PAIR, owners.pair_id(lending_unit_id, borrowing_unit_id))
        if pair not in self._lenders:
            return False
        return bool(self._book.chain_for(PriceContext.TRANSFER, (pair,), None, on).lists)

    def _answers(
        self,
        rows: Sequence[Judged],
        question: Callable[[Judged], tuple[Any, ...]],
        query: Callable[[Judged], PriceQuery],
    ) -> PriceAnswers:
        place: dict[tuple[Any, ...], int] = {}
        asked: list[PriceQuery] = []
        places: list[int] = []
        for row in rows:
            key = question(row)
            index = place.get(key)
            if index is None:
                index = place[key] = len(asked)
                asked.append(query(row))
            places.append(index)
        answers = pricing.resolve_prices(asked, book=self._book)
        return [answers[index] for index in places]

    def _cost_query(self, row: Judged) -> PriceQuery:
        work = row.work
        return pricing.time_query(
            context=PriceContext.COST,
            on=work.work_on,
            owners=self._cost_owners(work.resourcing_unit_id),
            role_id=work.role_id,
            resourcing_unit_id=work.resourcing_unit_id,
            facts=dict(work.price_facts) if work.price_facts else None,
            sources=self._sources,
        )

    def _transfer_query(self, row: Judged) -> PriceQuery:
        """What the lender charges: by the pair's list, else its own cost."""
        work, cost = row.work, row.cost
        assert cost is not None  # priced before
        lender_id = row.lender_id or row.borrower_id  # one entity, where a unit lends to another
        return pricing.time_query(
            context=PriceContext.TRANSFER,
            on=work.work_on,
            owners=owners.transfer_owners(
                lending_unit_id=work.resourcing_unit_id,
                borrowing_unit_id=(row.line or work).contracting_unit_id,
                lending_entity_id=lender_id,
                borrowing_entity_id=row.borrower_id,
            ),
            role_id=work.role_id,
            resourcing_unit_id=work.resourcing_unit_id,
            facts=dict(work.price_facts) if work.price_facts else None,
            sources=self._sources,
            cost=BaseCost(cost.price, cost.currency, cost.unit, cost.hours_per_day),
            last_resort=AgreedRate(
                "lender_cost", lender_id, cost.price, cost.currency, cost.unit,
                hours_per_day=cost.hours_per_day,
            ),
        )  # fmt: skip

    def _sales_query(self, row: Judged) -> PriceQuery:
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
                sources=self._sources,
                currency=line.currency,
                overrides=tuple(rate for rate in (work.agreed_bill_rate, agreed) if rate),
                fixed_rates=line.fixed_rates,
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
            fixed_rates=line.fixed_rates,
        )

    def _sales_question(self, row: Judged) -> tuple[Any, ...]:
        """As `_cost_question`, of `_sales_query`; anything but time has a price of its own.

        Contracts without price lists of their own ask the same, whichever they are.
        """
        work, line = row.work, row.line
        if work.minutes is None or line is None:
            return (id(row),)
        terms = self._terms.get(id(line))
        if terms is None:
            listed = self._book.listed(PriceContext.SALES, self._sales_owners(line))
            # The line is kept beside its number, so that no other can get its address.
            terms = self._terms[id(line)] = (listed, line.currency, line.fixed_rates, line)
        agreed = work.agreed_bill_rate or line.rate_overrides.get(work.role_id or 0)
        return (
            *terms[:3], work.work_on, work.resourcing_unit_id, work.role_id, work.price_facts,
            agreed,
        )  # fmt: skip

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
            self._up[unit_id] = org.units_up(unit_id, parents=self._parents)
        return self._up[unit_id]


def _cost_question(row: Judged) -> tuple[Any, ...]:
    """All that the cost price of work hangs on: what `_cost_query` reads."""
    work = row.work
    return (work.work_on, work.resourcing_unit_id, work.role_id, work.price_facts)
