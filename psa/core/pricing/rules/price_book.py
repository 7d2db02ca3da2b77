"""Price lists compiled for look-up: built once per batch, asked a million times."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, Final

from psa.core.money import fx
from psa.core.pricing.rules.types import (
    DEFAULT_DIMENSIONS,
    TIME_UNITS,
    Dimension,
    DimensionValue,
    Dropped,
    LineKind,
    OwnerKey,
    PriceContext,
    PriceLine,
    PriceList,
    PriceListInvalid,
    PriceMethod,
)

Values = tuple[tuple[str, DimensionValue], ...]
# Per set of specific dimensions (their places in priority order): lines by those values.
Shape = tuple[tuple[str, ...], dict[tuple[DimensionValue, ...], tuple[PriceLine, ...]]]
Subject = tuple[LineKind, int | None]
# Answers remembered per book, some hundred bytes each.
MEMO_SIZE: Final = 500_000


@dataclass(frozen=True, slots=True)
class CompiledList:
    """One list with its lines in the order in which they are tried: most specific first."""

    row: PriceList
    shapes: dict[Subject, tuple[Shape, ...]]
    markups: dict[tuple[Subject, str, DimensionValue], tuple[Shape, ...]]
    line_counts: dict[LineKind, int]
    dropped: tuple[Dropped, ...]

    def best_line(
        self, subject: Subject, values: Mapping[str, DimensionValue], unit: str | None
    ) -> PriceLine | None:
        """The most specific matching line, or None.

        Hour and day convert into each other, so a time line matches in either (the wanted unit
        first, then the list's own); any other unit has to be the one asked for.
        """
        wanted = unit or self.row.unit if subject[0] is LineKind.TIME else unit
        for lines in _matches(self.shapes.get(subject, ()), values):
            if len(lines) == 1 and (lines[0].unit is None or subject[0] is LineKind.TIME):
                return lines[0]
            exact = [line for line in lines if _unit_of(self.row, line) == wanted]
            if subject[0] is LineKind.TIME or wanted is None:
                return exact[0] if exact else lines[0]
            suited = exact or [line for line in lines if line.unit is None]
            if suited:
                return suited[0]
        return None

    def lines_in_other_units(
        self, subject: Subject, values: Mapping[str, DimensionValue]
    ) -> list[PriceLine]:
        """Lines that match but for their unit."""
        return [line for lines in _matches(self.shapes.get(subject, ()), values) for line in lines]

    def best_markup(
        self, subject: Subject, code: str, values: Mapping[str, DimensionValue]
    ) -> PriceLine | None:
        """The most specific line that marks up for dimension `code` at its value, or None."""
        for lines in _matches(self.markups.get((subject, code, values[code]), ()), values):
            return lines[0]
        return None


def _matches(
    shapes: Sequence[Shape], values: Mapping[str, DimensionValue]
) -> Iterator[tuple[PriceLine, ...]]:
    for codes, lines in shapes:
        try:
            found = lines.get(tuple([values[code] for code in codes]))
        except KeyError:  # the input has no value for a dimension these lines name
            continue
        if found is not None:
            yield found


@dataclass(frozen=True, slots=True)
class ListChain:
    """The lists one chain of owners is searched through, and those not effective that day."""

    number: int
    lists: tuple[CompiledList, ...]
    skipped: tuple[Dropped, ...]


@dataclass(slots=True)
class PriceMemo:
    """What a book has already answered; `resolution` fills and reads it."""

    dateless: dict[tuple[object, ...], Any] = field(default_factory=dict)
    by_day: dict[tuple[object, ...], Any] = field(default_factory=dict)
    by_list: dict[tuple[object, ...], Any] = field(default_factory=dict)
    conversions: dict[tuple[object, ...], Any] = field(default_factory=dict)

    def make_room(self) -> None:
        """Start afresh when full, all at once: `by_day` is keyed by identities in `dateless`."""
        held = len(self.by_day) + len(self.dateless) + len(self.by_list) + len(self.conversions)
        if held > MEMO_SIZE:
            self.by_day.clear()
            self.dateless.clear()
            self.by_list.clear()
            self.conversions.clear()


@dataclass(frozen=True, slots=True)
class PriceBook:
    """Lists, lines, dimensions and exchange rates of one tenant, compiled. Build with `compile`.

    It remembers its answers: keep one per job and do not share it between threads.
    """

    lists_by_owner: dict[tuple[PriceContext, OwnerKey], tuple[CompiledList, ...]]
    markup_codes: dict[PriceContext, tuple[str, ...]]
    rates: fx.FxTable
    fx_base: str
    fx_max_age_days: int
    memo: PriceMemo = field(default_factory=PriceMemo, compare=False, repr=False)
    _spans: dict[
        tuple[PriceContext, tuple[OwnerKey, ...], str | None],
        tuple[tuple[date, ...], tuple[ListChain, ...]],
    ] = field(default_factory=dict, compare=False, repr=False)
    _numbers: Iterator[int] = field(default_factory=count, compare=False, repr=False)

    @classmethod
    def compile(
        cls,
        lists: Iterable[PriceList],
        lines: Iterable[PriceLine],
        *,
        dimensions: Sequence[Dimension] = DEFAULT_DIMENSIONS,
        rates: fx.FxTable | None = None,
        fx_base: str = fx.DEFAULT_BASE,
        fx_max_age_days: int = fx.DEFAULT_MAX_AGE_DAYS,
    ) -> "PriceBook":
        """A book from plain tuples of active lists and their lines.

        A line that cannot be used (a dimension that is gone, a markup without a percentage) is
        dropped and told of where it is missed.
        Raises  PriceListInvalid if two lines or two lists cannot be told apart, or two dimensions
                share a priority.
        """
        ordered = sorted(dimensions, key=lambda dimension: dimension.priority)
        if len({dimension.priority for dimension in ordered}) != len(ordered):
            raise PriceListInvalid("Two price dimensions have the same priority. Change one.")
        by_list: dict[int, list[PriceLine]] = {}
        for line in lines:
            by_list.setdefault(line.list_id, []).append(line)
        by_owner: dict[tuple[PriceContext, OwnerKey], list[CompiledList]] = {}
        for row in sorted(
            lists, key=lambda row: (row.currency, row.valid_from or date.min, row.id)
        ):
            siblings = by_owner.setdefault((row.context, row.owner), [])
            if siblings and _overlap(siblings[-1].row, row):
                raise PriceListInvalid(
                    f"The price lists “{siblings[-1].row.name}” and “{row.name}” are effective on "
                    "the same day for the same owner and currency. End one before the other."
                )
            siblings.append(_compile_list(row, by_list.get(row.id, ()), ordered))
        return cls(
            {key: tuple(found) for key, found in by_owner.items()},
            {
                context: tuple(d.code for d in ordered if d.multiplies and context in d.contexts)
                for context in PriceContext
            },
            rates if rates is not None else fx.FxTable({}),
            fx_base,
            fx_max_age_days,
        )

    def chain_for(
        self,
        context: PriceContext,
        owners: tuple[OwnerKey, ...],
        currency: str | None,
        on: date,
    ) -> ListChain:
        """The lists effective on a date, in owner order.

        An owner's list in the wanted currency comes before its others (by currency code).
        The same object comes back for every day between two changes of the lists.
        """
        key = (context, owners, currency)
        spans = self._spans.get(key)
        if spans is None:
            # A thousand contracts without lists of their own ask one chain, and share its answers.
            listed = self.listed(context, owners)
            shared = (context, listed, currency)
            spans = self._spans.get(shared)
            if spans is None:
                spans = self._spans[shared] = self._build_spans(context, listed, currency)
            self._spans[key] = spans
        days, chains = spans
        return chains[bisect_right(days, on)]

    def listed(self, context: PriceContext, owners: Iterable[OwnerKey]) -> tuple[OwnerKey, ...]:
        """Those owners that have a list, each once, in order: all that a price can hang on."""
        return tuple(o for o in dict.fromkeys(owners) if (context, o) in self.lists_by_owner)

    def _build_spans(
        self, context: PriceContext, owners: tuple[OwnerKey, ...], currency: str | None
    ) -> tuple[tuple[date, ...], tuple[ListChain, ...]]:
        candidates: list[CompiledList] = []
        for owner in owners:
            found = self.lists_by_owner[context, owner]
            candidates += sorted(found, key=lambda lst: lst.row.currency != currency)
        edges: set[date] = set()
        for candidate in candidates:
            edges.update(
                day for day in (candidate.row.valid_from, candidate.row.valid_until) if day
            )
        days = tuple(sorted(edges))
        chains = []
        for day in (date.min, *days):
            effective = tuple(c for c in candidates if _effective(c.row, day))
            skipped = tuple(
                Dropped(c.row.id, None, f"“{c.row.name}” is effective {_validity(c.row)}")
                for c in candidates
                if not _effective(c.row, day)
            )
            chains.append(ListChain(next(self._numbers), effective, skipped))
        return days, tuple(chains)


def _effective(row: PriceList, on: date) -> bool:
    return (row.valid_from is None or row.valid_from <= on) and (
        row.valid_until is None or on < row.valid_until
    )


def _overlap(earlier: PriceList, later: PriceList) -> bool:
    if earlier.currency != later.currency:
        return False
    return earlier.valid_until is None or (later.valid_from or date.min) < earlier.valid_until


def _validity(row: PriceList) -> str:
    start = f"from {row.valid_from.isoformat()}" if row.valid_from else "from the start"
    return f"{start} until before {row.valid_until.isoformat()}" if row.valid_until else start


def _compile_list(
    row: PriceList, lines: Iterable[PriceLine], ordered: Sequence[Dimension]
) -> CompiledList:
    usable = [d for d in ordered if row.context in d.contexts]
    places = {d.code: place for place, d in enumerate(d for d in usable if not d.multiplies)}
    markup_codes = {d.code for d in usable if d.multiplies}
    base: dict[Subject, list[tuple[PriceLine, Values]]] = {}
    markups: dict[tuple[Subject, str, DimensionValue], list[tuple[PriceLine, Values]]] = {}
    dropped: list[Dropped] = []
    counts: dict[LineKind, int] = {}
    for line in lines:
        why = _unusable(line, places.keys(), markup_codes)
        if why:
            dropped.append(Dropped(row.id, line.id, why))
            continue
        subject = (line.kind, line.subject_id)
        multiplying = [pair for pair in line.values if pair[0] in markup_codes]
        amount_values = tuple(
            sorted((p for p in line.values if p[0] in places), key=lambda p: places[p[0]])
        )
        if multiplying:
            markups.setdefault((subject, *multiplying[0]), []).append((line, amount_values))
        else:
            counts[line.kind] = counts.get(line.kind, 0) + 1
            base.setdefault(subject, []).append((line, amount_values))
    return CompiledList(
        row,
        {subject: _shapes(row, found, places) for subject, found in base.items()},
        {key: _shapes(row, found, places) for key, found in markups.items()},
        counts,
        tuple(dropped),
    )


def _unusable(line: PriceLine, amount_codes: Iterable[str], markup_codes: set[str]) -> str:
    """Why the line can price nothing, in words; "" if it can."""
    unknown = [code for code, _ in line.values if code not in {*amount_codes, *markup_codes}]
    if unknown:
        return f"the dimension “{unknown[0]}” is not used for this kind of price list"
    multiplying = [code for code, _ in line.values if code in markup_codes]
    if len(multiplying) > 1:
        return f"it marks up for both “{multiplying[0]}” and “{multiplying[1]}”; use two lines"
    if multiplying and line.method is not PriceMethod.MARKUP_PERCENT:
        return f"a line for “{multiplying[0]}” needs a markup percentage"
    if line.method is not PriceMethod.AT_COST and line.value is None:
        return "it has no value"
    if line.kind is LineKind.TIME and line.unit is not None and line.unit not in TIME_UNITS:
        return f"time is priced per hour or per day, not per “{line.unit}”"
    if line.kind is LineKind.ITEM and line.subject_id is None:
        return "it names no item"
    return ""


def _shapes(
    row: PriceList, lines: Sequence[tuple[PriceLine, Values]], places: Mapping[str, int]
) -> tuple[Shape, ...]:
    grouped: dict[tuple[str, ...], dict[tuple[DimensionValue, ...], list[PriceLine]]] = {}
    for line, values in lines:
        codes = tuple(code for code, _ in values)
        same = grouped.setdefault(codes, {}).setdefault(tuple(v for _, v in values), [])
        for other in same:
            if _unit_of(row, other) == _unit_of(row, line):
                raise PriceListInvalid(
                    f"The price list “{row.name}” has two lines (no. {other.id} and {line.id}) "
                    "for the same dimensions and unit. Delete one."
                )
        same.append(line)

    def specific_first(codes: tuple[str, ...]) -> tuple[bool, ...]:
        return tuple(code not in codes for code in places)

    return tuple(
        (
            codes,
            {
                values: tuple(sorted(found, key=lambda line: line.unit or ""))
                for values, found in grouped[codes].items()
            },
        )
        for codes in sorted(grouped, key=specific_first)
    )


def _unit_of(row: PriceList, line: PriceLine) -> str | None:
    return line.unit or (row.unit if line.kind is LineKind.TIME else None)
