"""The trace of a price in words ("why this rate?"), and as data that can be stored."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from psa.core.pricing.rules.types import TraceStep, Unpriced

StoredTrace = list[dict[str, str]]

# Facts are named in the templates; a step's own facts fill them.
SENTENCES: Mapping[str, str] = {
    "override": "Agreed rate on the {source} (no. {record}): {value} {currency} per {unit}.",
    "override_markup": "Agreed markup on the {source} (no. {record}): {value} % over cost.",
    "override_at_cost": "Agreed on the {source} (no. {record}): at cost.",
    "list_without_match": "Price list “{list}” has no line for {values}.",
    "list": "Price list “{list}” ({currency}) is the first with a match.",
    "line": "Line {line} for {matched} is the most specific match: {value} {currency} per {unit}.",
    "line_markup": "Line {line} for {matched} is the most specific match: {value} % over cost.",
    "line_at_cost": "Line {line} for {matched} is the most specific match: at cost.",
    "cost": "The cost is {price} {currency} per {unit}.",
    "markup_over_cost": "Cost plus {percent} % is {price} {currency} per {unit}.",
    "multiply": "Line {line} marks up for {dimension} {value} by {percent} %: {before} becomes "
    "{after} {currency} per {unit}.",
    "unit": "At {hours_per_day} hours a day, {before} per {from_unit} is {after} per {to_unit}.",
    "fx": "1 {from} is {rate} {to}, the rate of {rate_on} by way of {path}: {before} {from} "
    "becomes {after} {to} per {unit}.",
    "fx_fixed": "1 {from} is {rate} {to}, the rate agreed on {rate_on}: {before} {from} becomes "
    "{after} {to} per {unit}.",
    "no_list": "No price list is effective on that day.",
    "no_line": "No line matches in any of the lists searched.",
    "rate_missing": "{message}",
    "cost_missing": "The price builds on the cost, and no cost is known.",
    "unit_mismatch": "A price per {priced_unit} cannot price {asked_unit}.",
}

_WRITTEN_OUT = frozenset({"values", "matched"})


def step(code: str, **facts: object) -> TraceStep:
    """A step with its facts as text; decimals are written without exponent or trailing zeros."""
    return TraceStep(code, tuple((name, _text(fact)) for name, fact in facts.items()))


def _text(fact: object) -> str:
    if isinstance(fact, Decimal):
        plain = f"{fact:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return str(fact)


def values_text(values: Sequence[tuple[str, object]]) -> str:
    """Dimension values as one fact: "role=3, resourcing_unit=7"; "any" if there are none."""
    return ", ".join(f"{code}={value}" for code, value in values) or "any"


def explain(trace: Sequence[TraceStep], names: Mapping[str, str] | None = None) -> list[str]:
    """The trace as sentences, one per step, in the order in which things were decided.

    `names` turns "role=3" into words such as "Senior Consultant"; what it lacks stays as it is.
    """
    return [SENTENCES[taken.code].format_map(_worded(taken, names or {})) for taken in trace]


def _worded(taken: TraceStep, names: Mapping[str, str]) -> dict[str, str]:
    facts = dict(taken.facts)
    for name in _WRITTEN_OUT & facts.keys():
        facts[name] = ", ".join(names.get(pair, pair) for pair in facts[name].split(", "))
    if taken.code == "multiply":
        pair = f"{facts['dimension']}={facts['value']}"
        if pair in names:
            facts["value"] = names[pair]
    return facts


def explain_unpriced(unpriced: Unpriced) -> list[str]:
    """What is missing, what was searched and what was dropped, as sentences without any price."""
    sentences = [f"There is no price: {unpriced.missing} is missing."]
    if not unpriced.searched:
        sentences.append("No price list was effective on that day.")
    for lst in unpriced.searched:
        compared = "1 line" if lst.lines_compared == 1 else f"{lst.lines_compared} lines"
        sentences.append(f"Searched the price list “{lst.name}”: {compared} for this kind of work.")
    names = {lst.list_id: lst.name for lst in unpriced.searched}
    for dropped in unpriced.dropped:
        if dropped.line_id is None:
            sentences.append(f"Not used: the price list {dropped.why}.")
        else:
            sentences.append(
                f"Not used: line {dropped.line_id} of “{names[dropped.list_id]}”: {dropped.why}."
            )
    return sentences


def as_data(trace: Sequence[TraceStep]) -> StoredTrace:
    """The trace as JSON-ready data: one object of strings per step."""
    return [{"code": taken.code, **dict(taken.facts)} for taken in trace]


def from_data(stored: StoredTrace) -> tuple[TraceStep, ...]:
    """The trace that `as_data` stored."""
    return tuple(
        TraceStep(taken["code"], tuple((k, v) for k, v in taken.items() if k != "code"))
        for taken in stored
    )
