"""Tax of an invoice: per tax group, on the net sum, each component rounded half up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from moneyed import Money

from billing.rules.types import MixedCurrency
from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, round_to_minor, total_of


class TaxRateMissing(DomainError):
    """A tax code has no rate on the invoice's date."""


@dataclass(frozen=True, slots=True)
class TaxComponent:
    """One part of a code's rate: VAT 19 %, or CGST 9 % beside SGST 9 %."""

    name: str
    tax_percent: Decimal


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A code's components from `valid_from` up to, not including, `valid_until`."""

    valid_from: date
    valid_until: date | None
    components: tuple[TaxComponent, ...]


@dataclass(frozen=True, slots=True)
class TaxCode:
    """`exemption_reason` is printed for reverse charge, exempt and zero-rated codes."""

    code: str
    rates: tuple[TaxRate, ...]
    exemption_reason: str = ""


@dataclass(frozen=True, slots=True)
class TaxableLine:
    net: Money
    tax_code: str


@dataclass(frozen=True, slots=True)
class ComponentTax:
    name: str
    tax_percent: Decimal
    tax: Money


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """All lines of one code: the base, and one tax amount per component."""

    tax_code: str
    net: Money
    components: tuple[ComponentTax, ...]
    exemption_reason: str

    @property
    def tax(self) -> Money:
        return total_of((component.tax for component in self.components), self.net.currency)


def rate_on(code: TaxCode, on: date) -> TaxRate:
    """The code's rate on a date. Raises TaxRateMissing naming both."""
    for rate in code.rates:
        if rate.valid_from <= on and (rate.valid_until is None or on < rate.valid_until):
            return rate
    raise TaxRateMissing(
        f"Tax code {code.code} has no rate on {on.isoformat()}. Add one in the tax set-up.",
        field="tax_code",
    )


def tax_groups(
    lines: Sequence[TaxableLine], codes: Mapping[str, TaxCode], *, on: date
) -> list[TaxGroup]:
    """One group per tax code, in the order the codes first appear.

    Tax is computed on the group's net sum, not per line, and rounded half up to the minor unit
    once per component: each GST half is rounded on its own. Credits (negative nets) mirror.
    Raises  MixedCurrency; TaxRateMissing, also for an unknown code.
    Source  docs/rules/billing.md, example B-7.
    """
    nets: dict[str, Money] = {}
    for line in lines:
        if line.net.currency != lines[0].net.currency:
            raise MixedCurrency(
                f"One invoice has lines in {lines[0].net.currency} and {line.net.currency}."
            )
        known = nets.get(line.tax_code)
        nets[line.tax_code] = line.net if known is None else known + line.net
    groups = []
    for name, net in nets.items():
        code = codes.get(name)
        if code is None:
            raise TaxRateMissing(f"Tax code {name} is not set up. Add it.", field="tax_code")
        components = tuple(
            ComponentTax(part.name, part.tax_percent, tax_on(net, part.tax_percent))
            for part in rate_on(code, on).components
        )
        groups.append(TaxGroup(name, net, components, code.exemption_reason))
    return groups


def tax_on(net: Money, tax_percent: Decimal) -> Money:
    """`net × percent ÷ 100`, rounded half up once to the minor unit."""
    return round_to_minor(
        Money(EXACT.multiply(net.amount, tax_percent).scaleb(-2, context=EXACT), net.currency)
    )


def net_of_gross(gross: Money, components: Sequence[TaxComponent]) -> Money:
    """The net amount inside a gross price; gross − net is the tax. Rounded half up once."""
    percent = sum((part.tax_percent for part in components), Decimal(0))
    exact = EXACT.divide(EXACT.multiply(gross.amount, Decimal(100)), Decimal(100) + percent)
    return round_to_minor(Money(exact, gross.currency))
