"""Cost and price of planned work by the firm's price lists, for a whole page from one book."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.money import fx
from psa.core.org import selectors as org
from psa.core.pricing import owners
from psa.core.pricing import selectors as pricing
from psa.core.pricing.rules.resolution import resolve
from psa.core.pricing.rules.types import AgreedRate, FixedRate, PriceContext, Resolved

from ..rules.estimate import Share


@dataclass(frozen=True, slots=True)
class SoldUnder:
    """What a price hangs on: whose lists, in which currency, and rates agreed outside them."""

    contract_id: int
    account_id: int
    unit_id: int
    currency: str
    overrides: tuple[tuple[int, AgreedRate], ...] = ()
    # Exchange rates that the contract agreed: its prices are converted at them, whatever the day.
    fixed_rates: tuple[FixedRate, ...] = ()


class Rates:
    """Answers in `currency`; days still to come are converted at the rate of `as_of`."""

    def __init__(
        self,
        days: Iterable[date],
        *,
        as_of: date,
        currency: str,
        contexts: Sequence[PriceContext] = (PriceContext.COST,),
    ) -> None:
        known = [as_of, *days]
        self.as_of, self.currency = as_of, currency
        self.book = pricing.price_book(
            from_on=min(known), until_on=max(known), contexts=[c.value for c in contexts]
        )
        self.sources = pricing.dimension_sources()
        self.parents = org.unit_parents()
        self._found: dict[tuple[object, ...], Resolved | None] = {}

    def cost(self, share: Share, minutes: int, on: date) -> Decimal | None:
        """What minutes of this person or role cost; None where no list says."""
        if share.role_id is None:
            return None
        key = (PriceContext.COST, share, on)
        if key not in self._found:
            units = org.units_up(share.unit_id, parents=self.parents)
            self._found[key] = self._resolved(
                PriceContext.COST, share, on, owners.cost_owners(units), None, ()
            )
        return self._amount(self._found[key], minutes, on)

    def price(self, share: Share, minutes: int, on: date, sold: SoldUnder) -> Decimal | None:
        """What minutes of this person or role are sold for; None where no list says."""
        agreed = tuple(rate for role_id, rate in sold.overrides if role_id == share.role_id)
        key = (PriceContext.SALES, share, on, sold)
        if key not in self._found:
            units = org.units_up(sold.unit_id, parents=self.parents)
            chain = owners.sales_owners(sold.contract_id, sold.account_id, units)
            found = self._resolved(PriceContext.SALES, share, on, chain, None, agreed)
            if found and any(one.from_currency == str(found.currency) for one in sold.fixed_rates):
                found = self._resolved(
                    PriceContext.SALES, share, on, chain, sold.currency, agreed, sold.fixed_rates
                )
            self._found[key] = found
        return self._amount(self._found[key], minutes, on)

    def converted(self, amount: Decimal, currency: str, on: date) -> Decimal | None:
        """An amount of another currency; None while no exchange rate is known."""
        if currency == self.currency or not amount:
            return amount
        book = self.book
        try:
            quote = book.rates.rate(
                currency, self.currency, min(on, self.as_of), book.fx_base, book.fx_max_age_days
            )
        except fx.RateMissing:
            return None
        return fx.convert(Money(amount, currency), quote).amount

    def _resolved(
        self,
        context: PriceContext,
        share: Share,
        on: date,
        chain: Sequence[owners.Owner],
        currency: str | None,
        agreed: tuple[AgreedRate, ...],
        fixed_rates: tuple[FixedRate, ...] = (),
    ) -> Resolved | None:
        query = pricing.time_query(
            context=context.value,
            on=on,
            owners=chain,
            role_id=share.role_id,
            resourcing_unit_id=share.unit_id,
            facts={
                "resource.seniority": share.seniority,
                "resource.work_location": share.work_location,
            },
            sources=self.sources,
            currency=currency,
            overrides=agreed,
            fixed_rates=fixed_rates,
        )
        found = resolve(self.book, query)
        return found if isinstance(found, Resolved) else None

    def _amount(self, found: Resolved | None, minutes: int, on: date) -> Decimal | None:
        if found is None:
            return None
        money = found.amount_for_minutes(minutes)
        return self.converted(money.amount, str(money.currency), on)
