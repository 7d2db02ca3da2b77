"""Price resolution: one function, one truth, for a single line and for a million.

Agreed rates first; then the first list, in owner order, that has any match; in it the most
specific line; then unit and currency. Worked figures: docs/rules/pricing.md.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from psa.core.money import fx
from psa.core.money.rounding import EXACT, PRICE_PLACES, round_half_up
from psa.core.pricing.rules.price_book import CompiledList, ListChain, PriceBook
from psa.core.pricing.rules.trace import step, values_text
from psa.core.pricing.rules.types import (
    DAY,
    HOUR,
    TIME_UNITS,
    AgreedRate,
    Dropped,
    LineKind,
    PriceLine,
    PriceMethod,
    PriceQuery,
    Reason,
    Resolved,
    SearchedList,
    TraceStep,
    Unpriced,
)


class _Found(NamedTuple):
    """A price before currency conversion, exact: the part that no exchange rate can change."""

    price: Decimal
    unit: str
    currency: str
    hours_per_day: Decimal
    list_id: int | None
    line_id: int | None
    trace: tuple[TraceStep, ...]


class _Refused(NamedTuple):
    reason: Reason
    step: TraceStep
    missing: str
    trace: tuple[TraceStep, ...] = ()


def resolve(book: PriceBook, query: PriceQuery) -> Resolved | Unpriced:
    """The price of one thing on one day, with its source and trace; or why there is none.

    Prices are rounded half up to six places, once; amounts are for the caller to round, through
    `Resolved.amount_for_minutes` or `amount_for_units`. A list that matches but lacks a cost or
    an exchange rate does not fall through to the next: that would be another price.
    Source  docs/rules/pricing.md, P-1 to P-12.
    """
    book.memo.make_room()
    chain = book.chain_for(query.context, query.owners, query.currency, query.on)
    found = _find(book, query, chain)
    return _in_currency(book, query, chain, found) if isinstance(found, _Found) else found


def resolve_many(book: PriceBook, queries: Iterable[PriceQuery]) -> list[Resolved | Unpriced]:
    """What `resolve` answers to each query, in order; equal questions are worked out once.

    All days between two changes of the lists share what no exchange rate can change, so the
    work grows with the distinct combinations, not with the queries.
    """
    memo = book.memo
    results: list[Resolved | Unpriced] = []
    for query in queries:
        chain = book.chain_for(query.context, query.owners, query.currency, query.on)
        # Without the day: the chain's number stands for context, owners, currency and span.
        key = (chain.number, query[3:])
        known = memo.dateless.get(key)
        if known is None:
            memo.make_room()
            known = _find(book, query, chain)
            if isinstance(known, _Found) and query.currency in (None, known.currency):
                known = _in_currency(book, query, chain, known)
            memo.dateless[key] = known
        if isinstance(known, _Found):
            # By identity of what `dateless` keeps alive; one found price serves several currencies.
            asked = (id(known), query.on, query.currency, query.fixed_rates, chain.number)
            answer = memo.by_day.get(asked)
            if answer is None:
                answer = _in_currency(book, query, chain, known)
                memo.by_day[asked] = answer
            results.append(answer)
        else:
            results.append(known)
    return results


def _find(book: PriceBook, query: PriceQuery, chain: ListChain) -> _Found | Unpriced:
    if query.kind is LineKind.TIME and query.unit is not None and query.unit not in TIME_UNITS:
        return _unpriced(query, chain, (), _mismatch(HOUR, query.unit))
    if query.overrides:
        agreed = _from_agreed(query, query.overrides[0])
        return agreed if isinstance(agreed, _Found) else _unpriced(query, chain, (), agreed)
    trace: tuple[TraceStep, ...] = ()
    for compiled in chain.lists:
        tried = _tried(book, query, compiled)
        if isinstance(tried, _Found):
            return tried._replace(trace=trace + tried.trace) if trace else tried
        if isinstance(tried, _Refused):
            return _unpriced(query, chain, trace, tried)
        trace += (tried,)
    if query.last_resort is not None:
        found = _from_agreed(query, query.last_resort)
        if isinstance(found, _Found):
            return found._replace(trace=trace + found.trace)
        return _unpriced(query, chain, trace, found)
    reason = Reason.NO_LINE if chain.lists else Reason.NO_LIST
    return _unpriced(query, chain, trace, _Refused(reason, step(reason.value), ""))


def _tried(
    book: PriceBook, query: PriceQuery, compiled: CompiledList
) -> _Found | _Refused | TraceStep:
    """What one list says, whoever's chain it is in; a step that says "no match" if nothing."""
    kind, subject_id = query.kind, query.subject_id
    key = (compiled.row.id, kind, subject_id, query.values, query.unit, query.cost)
    tried = book.memo.by_list.get(key)
    if tried is None:
        values = dict(query.values)
        line = compiled.best_line((kind, subject_id), values, query.unit)
        if line is None and kind is LineKind.CATEGORY and subject_id is not None:
            line = compiled.best_line((kind, None), values, query.unit)
        if line is not None:
            tried = _from_line(book, query, compiled, line)
        else:
            tried = step(
                "list_without_match", list=compiled.row.name, values=values_text(query.values)
            )
        book.memo.by_list[key] = tried
    return tried


def _from_agreed(query: PriceQuery, agreed: AgreedRate) -> _Found | _Refused:
    code = {
        PriceMethod.PRICE: "override",
        PriceMethod.MARKUP_PERCENT: "override_markup",
        PriceMethod.AT_COST: "override_at_cost",
    }[agreed.method]
    facts = {"source": agreed.source, "record": agreed.record_id}
    if agreed.method is not PriceMethod.AT_COST:
        facts["value"] = agreed.value
    if agreed.method is PriceMethod.PRICE:
        facts |= {"currency": agreed.currency, "unit": agreed.unit}
    first = (step(code, **facts),)
    if agreed.method is PriceMethod.PRICE:
        found = _Found(
            agreed.value, agreed.unit, agreed.currency, agreed.hours_per_day, None, None, first
        )
        return _in_unit(query, found)
    return _over_cost(query, agreed.method, agreed.value, None, None, first)


def _from_line(
    book: PriceBook,
    query: PriceQuery,
    compiled: CompiledList,
    line: PriceLine,
) -> _Found | _Refused:
    row = compiled.row
    trace: list[TraceStep] = []
    trace.append(step("list", list=row.name, list_id=row.id, currency=row.currency))
    matched = values_text(line.values)
    found: _Found | _Refused
    if line.method is PriceMethod.PRICE and line.value is not None:
        unit = line.unit or (row.unit if line.kind is LineKind.TIME else query.unit or "unit")
        trace.append(
            step(
                "line",
                line=line.id,
                matched=matched,
                value=line.value,
                currency=row.currency,
                unit=unit,
            )
        )
        found = _Found(
            line.value, unit, row.currency, row.hours_per_day, row.id, line.id, tuple(trace)
        )
    else:
        percent = line.value if line.method is PriceMethod.MARKUP_PERCENT else None
        if percent is None:
            trace.append(step("line_at_cost", line=line.id, matched=matched))
        else:
            trace.append(step("line_markup", line=line.id, matched=matched, value=percent))
        found = _over_cost(query, line.method, percent, row.id, line.id, tuple(trace))
    if isinstance(found, _Refused):
        return found
    return _in_unit(query, _multiplied(book, query, compiled, found))


def _over_cost(
    query: PriceQuery,
    method: PriceMethod,
    percent: Decimal | None,
    list_id: int | None,
    line_id: int | None,
    trace: tuple[TraceStep, ...],
) -> _Found | _Refused:
    cost = query.cost
    if cost is None:
        return _Refused(Reason.COST_MISSING, step("cost_missing"), "the cost it builds on", trace)
    price = cost.price
    trace += (step("cost", price=price, currency=cost.currency, unit=cost.unit),)
    if method is PriceMethod.MARKUP_PERCENT and percent is not None:
        price = _marked_up(price, percent)
        trace += (
            step(
                "markup_over_cost",
                percent=percent,
                price=_shown(price),
                currency=cost.currency,
                unit=cost.unit,
            ),
        )
    found = _Found(price, cost.unit, cost.currency, cost.hours_per_day, list_id, line_id, trace)
    # A list line still has markup dimensions to multiply before its unit is converted.
    return found if list_id is not None else _in_unit(query, found)


def _multiplied(
    book: PriceBook, query: PriceQuery, compiled: CompiledList, found: _Found
) -> _Found:
    codes = book.markup_codes[query.context]
    if not codes or not compiled.markups:
        return found
    values = dict(query.values)
    for code in codes:
        if code not in values:
            continue
        line = compiled.best_markup((query.kind, query.subject_id), code, values)
        if line is None and query.kind is LineKind.CATEGORY:
            line = compiled.best_markup((query.kind, None), code, values)
        if line is None or line.value is None:
            continue
        price = _marked_up(found.price, line.value)
        taken = step(
            "multiply",
            line=line.id,
            dimension=code,
            value=values[code],
            percent=line.value,
            before=_shown(found.price),
            after=_shown(price),
            currency=found.currency,
            unit=found.unit,
        )
        found = found._replace(price=price, trace=(*found.trace, taken))
    return found


def _in_unit(query: PriceQuery, found: _Found) -> _Found | _Refused:
    if query.unit is None or query.unit == found.unit:
        return found
    if query.unit not in TIME_UNITS or found.unit not in TIME_UNITS:
        return _mismatch(found.unit, query.unit)
    if query.unit == DAY:
        price = EXACT.multiply(found.price, found.hours_per_day)
    else:
        price = EXACT.divide(found.price, found.hours_per_day)
    taken = step(
        "unit",
        hours_per_day=found.hours_per_day,
        before=_shown(found.price),
        from_unit=found.unit,
        after=_shown(price),
        to_unit=query.unit,
    )
    return found._replace(price=price, unit=query.unit, trace=(*found.trace, taken))


def _mismatch(priced_unit: str, asked_unit: str) -> _Refused:
    return _Refused(
        Reason.UNIT_MISMATCH,
        step("unit_mismatch", priced_unit=priced_unit, asked_unit=asked_unit),
        f"a price per {asked_unit}",
    )


def _in_currency(
    book: PriceBook, query: PriceQuery, chain: ListChain, found: _Found
) -> Resolved | Unpriced:
    currency = query.currency or found.currency
    if currency == found.currency:
        return _resolved(found, _shown(found.price), currency, None, found.trace)
    # The same few prices are converted on the same few days over and over.
    key = (found.price, found.unit, found.currency, currency, query.on, query.fixed_rates)
    converted = book.memo.conversions.get(key)
    if converted is None:
        try:
            converted = _converted(book, query, found, currency)
        except fx.RateMissing as missing:
            refused = _Refused(
                Reason.RATE_MISSING,
                step("rate_missing", message=missing.message),
                f"an exchange rate from {found.currency} to {currency}",
            )
            return _unpriced(query, chain, found.trace, refused)
        book.memo.conversions[key] = converted
    price, quote, taken = converted
    return _resolved(found, price, currency, quote, (*found.trace, taken))


def _converted(
    book: PriceBook, query: PriceQuery, found: _Found, currency: str
) -> tuple[Decimal, fx.FxQuote, TraceStep]:
    quote = _fixed_quote(query, found.currency, currency)
    fixed = quote is not None
    if quote is None:
        quote = book.rates.rate(
            found.currency, currency, query.on, book.fx_base, book.fx_max_age_days
        )
    price = _shown(EXACT.multiply(found.price, quote.rate))
    facts: dict[str, object] = {"from": found.currency, "to": currency, "rate": quote.rate}
    facts["rate_on"] = quote.rate_on.isoformat()
    if not fixed:
        facts["path"] = "→".join(quote.path)
    facts |= {"before": _shown(found.price), "after": price, "unit": found.unit}
    return price, quote, step("fx_fixed" if fixed else "fx", **facts)


def _fixed_quote(query: PriceQuery, from_currency: str, to_currency: str) -> fx.FxQuote | None:
    for fixed in query.fixed_rates:
        pair = (fixed.from_currency, fixed.to_currency)
        if pair == (from_currency, to_currency):
            rate = fixed.rate
        elif pair == (to_currency, from_currency):
            rate = round_half_up(EXACT.divide(Decimal(1), fixed.rate), fx.RATE_PLACES)
        else:
            continue
        path = (from_currency, to_currency)
        return fx.FxQuote(from_currency, to_currency, rate, fixed.agreed_on, path, False)
    return None


def _resolved(
    found: _Found,
    price: Decimal,
    currency: str,
    quote: fx.FxQuote | None,
    trace: tuple[TraceStep, ...],
) -> Resolved:
    return Resolved(
        price=price,
        unit=found.unit,
        currency=currency,
        hours_per_day=found.hours_per_day,
        list_id=found.list_id,
        line_id=found.line_id,
        fx_rate=quote.rate if quote else None,
        fx_rate_on=quote.rate_on if quote else None,
        trace=trace,
    )


def _unpriced(
    query: PriceQuery, chain: ListChain, trace: tuple[TraceStep, ...], refused: _Refused
) -> Unpriced:
    values = dict(query.values)
    searched: list[SearchedList] = []
    dropped = list(chain.skipped)
    for compiled in chain.lists:
        row = compiled.row
        searched.append(SearchedList(row.id, row.name, compiled.line_counts.get(query.kind, 0)))
        dropped += compiled.dropped
        if refused.reason is Reason.NO_LINE:
            dropped += [
                Dropped(row.id, line.id, f"it is priced per {line.unit}")
                for line in compiled.lines_in_other_units((query.kind, query.subject_id), values)
            ]
    return Unpriced(
        reason=refused.reason,
        missing=refused.missing or "a price line that matches",
        searched=tuple(searched),
        dropped=tuple(dropped),
        trace=(*trace, *refused.trace, refused.step),
    )


def _marked_up(price: Decimal, percent: Decimal) -> Decimal:
    return EXACT.divide(EXACT.multiply(price, EXACT.add(Decimal(100), percent)), Decimal(100))


def _shown(price: Decimal) -> Decimal:
    return round_half_up(price, PRICE_PLACES)
