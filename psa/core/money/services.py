"""Writes of exchange rates: the import of a published history, single rates, and carrying on."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of

from .fx import RATE_PLACES, rate_type_of
from .models import FxRate
from .selectors import SPOT, latest_rates

MAX_CARRIED_DAYS = 400
_BATCH = 5000
_MISSING = frozenset({"", "N/A", "n/a", "-"})


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not imported: its number in the file (the header is 1) and why."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class RatesImport:
    """What an import did. `changed` counts rates that were there with another value."""

    added: int
    changed: int
    unchanged: int
    bad_rows: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class _ParsedRate:
    to_currency: str
    on: date
    rate: Decimal


def import_rates(
    *,
    content: str,
    base: str,
    source: str,
    rate_type: str = SPOT,
    actor: Actor,
    at: datetime,
) -> RatesImport:
    """Load the rates of one type as units per 1 `base`: CSV with a column `date` and one per currency, or
    the XML of the European Central Bank.

    Importing the same file again changes nothing. A rate that differs from the stored one
    replaces it (facts keep the rate that they used), and a published rate replaces a carried one.
    Rows and cells that are no rates are named and left out; the others are stored.
    Raises  PermissionDenied; DomainError if the file has no usable header.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    currency_of(base)
    rate_type = rate_type_of(rate_type)
    parsed, bad_rows = _parse(content)
    known = {
        (row.to_currency, row.on): row
        for row in FxRate.objects.filter(from_currency=base, rate_type=rate_type)
    }
    added: list[FxRate] = []
    changed: list[FxRate] = []
    unchanged = 0
    for item in parsed:
        row = known.get((item.to_currency, item.on))
        if row is None:
            added.append(
                _new(actor, base, item.to_currency, item.on, item.rate, source, False, rate_type)
            )
        elif row.rate == item.rate and not row.is_carried:
            unchanged += 1
        else:
            row.rate, row.source, row.is_carried = item.rate, source, False
            changed.append(row)
    FxRate.objects.bulk_create(added, batch_size=_BATCH)
    FxRate.objects.bulk_update(changed, ["rate", "source", "is_carried"], batch_size=_BATCH)
    if added or changed:
        audit.record(
            actor=actor,
            at=at,
            event="money.rates_imported",
            record_type="money.FxRate",
            record_id=0,
            sentence=f"Imported exchange rates from {source}: {len(added)} new, "
            f"{len(changed)} changed.",
        )
    return RatesImport(len(added), len(changed), unchanged, tuple(bad_rows))


def set_rate(
    *,
    from_currency: str,
    to_currency: str,
    on: date,
    rate: Decimal,
    rate_type: str = SPOT,
    actor: Actor,
    at: datetime,
) -> FxRate:
    """Store one rate of a type by hand: units of `to_currency` per 1 `from_currency` on a day.

    Replaces the day's rate if there is one; what used the old rate keeps it.
    Raises  PermissionDenied; DomainError for a rate that is not above 0, or one currency twice.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    rate_type = rate_type_of(rate_type)
    source_code, target_code = currency_of(from_currency).code, currency_of(to_currency).code
    if source_code == target_code:
        raise DomainError("Choose two different currencies.", "to_currency")
    if not rate.is_finite() or rate <= 0:
        raise DomainError("An exchange rate must be above 0.", "rate")
    row: FxRate | None = FxRate.objects.filter(
        from_currency=source_code, to_currency=target_code, on=on, rate_type=rate_type
    ).first()
    before = row.rate if row else None
    if row is None:
        row = _new(actor, source_code, target_code, on, rate, "entered", False, rate_type)
        FxRate.objects.bulk_create([row])
    else:
        FxRate.objects.filter(pk=row.pk).update(rate=rate, source="entered", is_carried=False)
        row.rate, row.source, row.is_carried = rate, "entered", False
    audit.record(
        actor=actor,
        at=at,
        event="money.rate_set",
        record_type="money.FxRate",
        record_id=row.pk,
        sentence=f"Set the exchange rate {source_code}→{target_code} of {on.isoformat()}.",
        changes={"rate": (before, rate)},
    )
    return row


def carry_rates_to(on: date, *, actor: Actor) -> int:
    """Carry the last known rate of each pair on, day by day, up to and including `on`.

    The rows are flagged `is_carried` and give way to published ones. Returns how many were made;
    carrying again makes none. Raises DomainError if the newest rate is more than
    400 days before `on`: such a rate says nothing any more.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    made: list[FxRate] = []
    for last in latest_rates(as_of=on):
        days = (on - last.on).days
        if days > MAX_CARRIED_DAYS:
            raise DomainError(
                f"The newest rate {last.from_currency}→{last.to_currency} is of "
                f"{last.on.isoformat()}, more than {MAX_CARRIED_DAYS} days before "
                f"{on.isoformat()}. Import newer rates."
            )
        made += [
            _new(
                actor,
                last.from_currency,
                last.to_currency,
                last.on + timedelta(days=day),
                last.rate,
                "carried",
                True,
            )
            for day in range(1, days + 1)
        ]
    FxRate.objects.bulk_create(made, batch_size=_BATCH)
    return len(made)


def _new(
    actor: Actor,
    from_currency: str,
    to_currency: str,
    on: date,
    rate: Decimal,
    source: str,
    is_carried: bool,
    rate_type: str = SPOT,
) -> FxRate:
    return FxRate(
        tenant_id=actor.tenant_id,
        from_currency=from_currency,
        to_currency=to_currency,
        on=on,
        rate=rate,
        rate_type=rate_type,
        source=source[:40],
        is_carried=is_carried,
    )


def _parse(content: str) -> tuple[list[_ParsedRate], list[BadRow]]:
    if content.lstrip("\ufeff \r\n\t").startswith("<"):
        return _parse_xml(content.lstrip("\ufeff \r\n\t"))
    lines = csv.reader(io.StringIO(content.lstrip("\ufeff")))
    header = [cell.strip() for cell in next(lines, [])]
    if len(header) < 2 or header[0].lower() != "date":
        raise DomainError(
            "The first line must name the columns: date, then one currency code per column.",
            "file",
        )
    codes = _codes(header[1:])
    rates: dict[tuple[str, date], _ParsedRate] = {}
    bad: list[BadRow] = []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            on = date.fromisoformat(cells[0].strip())
        except ValueError:
            bad.append(BadRow(number, f"“{cells[0][:20]}” is not a date such as 2026-01-31."))
            continue
        if len(cells) > len(header):
            bad.append(BadRow(number, f"It has {len(cells)} cells, the header {len(header)}."))
            continue
        for code, cell in zip(codes, cells[1:], strict=False):
            text = cell.strip()
            if code is None or text in _MISSING:
                continue
            rate = _rate(text)
            if rate is None:
                bad.append(BadRow(number, f"{code} is “{text[:20]}”, which is not a rate above 0."))
            elif rates.setdefault((code, on), _ParsedRate(code, on, rate)).rate != rate:
                bad.append(BadRow(number, f"{code} has a second, different rate for {on}."))
    return list(rates.values()), bad


def _parse_xml(content: str) -> tuple[list[_ParsedRate], list[BadRow]]:
    """Elements with a `time`, and in each elements with `currency` and `rate`; numbered as they come."""
    try:
        root = fromstring(content.encode())
    except (ParseError, DefusedXmlException, ValueError):
        raise DomainError(
            "The XML cannot be read. Use a file of daily rates as the European Central Bank "
            "publishes it, or CSV.",
            "file",
        ) from None
    rates: dict[tuple[str, date], _ParsedRate] = {}
    bad: list[BadRow] = []
    number = 0
    for day in root.iter():
        if "time" not in day.attrib:
            continue
        for one in day:
            number += 1
            said_on, code, text = day.attrib["time"], one.get("currency", ""), one.get("rate", "")
            try:
                on, code, rate = date.fromisoformat(said_on), currency_of(code).code, _rate(text)
            except (ValueError, DomainError):
                bad.append(
                    BadRow(number, f"“{said_on[:20]}”, “{code[:20]}” is no day and currency.")
                )
                continue
            if rate is None:
                bad.append(BadRow(number, f"{code} is “{text[:20]}”, which is not a rate above 0."))
            elif rates.setdefault((code, on), _ParsedRate(code, on, rate)).rate != rate:
                bad.append(BadRow(number, f"{code} has a second, different rate for {on}."))
    if not number:
        raise DomainError("The XML holds no daily rates.", "file")
    return list(rates.values()), bad


def _codes(header: Sequence[str]) -> list[str | None]:
    """Currency codes of the columns; None for the empty column that a trailing comma makes."""
    codes: list[str | None] = [currency_of(name).code if name else None for name in header]
    named = [code for code in codes if code]
    repeated = _first_repeated(named)
    if repeated:
        raise DomainError(f"The currency {repeated} has two columns. Remove one.", "file")
    return codes


def _first_repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _rate(text: str) -> Decimal | None:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    if not rate.is_finite() or not 0 < rate < Decimal(10) ** 9 or rate.adjusted() < -RATE_PLACES:
        return None
    return rate.quantize(Decimal(1).scaleb(-RATE_PLACES))
