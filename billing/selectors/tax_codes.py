"""Tax codes as the rules read them, and as pages name them."""

from collections.abc import Iterable
from decimal import Decimal

from billing.models import TaxCode, TaxRate
from billing.rules import tax

TWO = Decimal(2)


def label(name: str, percent: Decimal) -> str:
    """“VAT 20 %” of a code named so, or named “VAT”."""
    shown = f"{percent.normalize():f}"
    return name if shown in name or not percent else f"{name} {shown} %"


def facts(tax_code_ids: Iterable[int]) -> dict[str, tax.TaxCode]:
    """Codes with their dated rates for the rules, keyed by id as text. Two queries."""
    codes = {code.pk: code for code in TaxCode.objects.filter(pk__in=set(tax_code_ids))}
    dated: dict[int, list[TaxRate]] = {pk: [] for pk in codes}
    for rate in TaxRate.objects.filter(tax_code_id__in=codes).order_by("valid_from"):
        dated[rate.tax_code_id].append(rate)
    return {str(pk): _fact(code, dated[pk]) for pk, code in codes.items()}


def _fact(code: TaxCode, rates: list[TaxRate]) -> tax.TaxCode:
    ends = [rate.valid_from for rate in rates[1:]] + [None]
    return tax.TaxCode(
        code=code.code,
        rates=tuple(
            tax.TaxRate(rate.valid_from, until, _components(code, rate.tax_percent))
            for rate, until in zip(rates, ends, strict=True)
        ),
        exemption_reason=code.note,
    )


def _components(code: TaxCode, percent: Decimal) -> tuple[tax.TaxComponent, ...]:
    if code.treatment == TaxCode.Treatment.GST_SPLIT:
        half = percent / TWO
        return tax.TaxComponent("CGST", half), tax.TaxComponent("SGST", half)
    if code.treatment == TaxCode.Treatment.STANDARD:
        return (tax.TaxComponent(code.name, percent),)
    return (tax.TaxComponent(code.name, Decimal(0)),)
