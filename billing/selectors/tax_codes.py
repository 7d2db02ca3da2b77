"""Which tax code a line has, and the codes as the rules read them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from billing.models import TaxCode, TaxRate
from billing.rules import tax

TWO = Decimal(2)


@dataclass(frozen=True, slots=True)
class EntityTaxCodes:
    """The codes of one legal entity: its default, and by name."""

    default_id: int | None
    by_code: dict[str, int] = field(default_factory=dict)

    def id_for(self, code: str) -> int | None:
        """The id of a contract line's code; the entity's default when the line names none."""
        return self.by_code.get(code) if code else self.default_id


def of_entity(legal_entity_id: int) -> EntityTaxCodes:
    """One query."""
    rows = TaxCode.objects.filter(legal_entity_id=legal_entity_id).values_list(
        "id", "code", "is_default"
    )
    by_code, default_id = {}, None
    for pk, code, is_default in rows:
        by_code[code] = pk
        if is_default:
            default_id = pk
    return EntityTaxCodes(default_id, by_code)


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
