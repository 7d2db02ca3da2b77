"""How the figures of earned value come about, in sentences with their numbers."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from psa.core.money.rounding import minor_units, round_half_up

from .earned_value import EarnedValue, EtcMethod

FIGURES: Final = {
    "bac": "Budget at completion",
    "pv": "Planned value",
    "ev": "Earned value",
    "ac": "Actual cost",
    "sv": "Schedule variance",
    "cv": "Cost variance",
    "spi": "SPI",
    "cpi": "CPI",
    "etc": "Estimate to complete",
    "eac": "Estimate at completion",
    "vac": "Variance at completion",
    "tcpi": "TCPI",
}


def explain(
    figure: str,
    value: EarnedValue,
    *,
    currency: str,
    measured_by: str,
    etc_words: str,
    progress_words: str,
    method: EtcMethod,
) -> tuple[str, ...]:
    """Sentences for one figure; amounts in `currency`, to its minor unit."""

    def money(amount: Decimal | None) -> str:
        if amount is None:
            return "unknown"
        return f"{round_half_up(amount, minor_units(currency)):,} {currency}".replace("-", "−")

    def ratio(number: Decimal | None) -> str:
        if number is None:
            return "– (its divisor is 0)"
        return f"{number.quantize(Decimal('0.0001'), rounding=ROUND_HALF_UP)}".replace("-", "−")

    v = value
    by_etc = {
        EtcMethod.BOTTOM_UP: (
            f"Hours left at what they cost now, and what is still to be bought: {money(v.etc)}.",
        ),
        EtcMethod.CPI: (
            f"(BAC − EV) ÷ CPI = {money(v.bac - v.ev)} ÷ {ratio(v.cpi)} = {money(v.etc)}.",
        ),
        EtcMethod.CPI_SPI: (
            f"(BAC − EV) ÷ (CPI × SPI) = {money(v.bac - v.ev)} ÷ ({ratio(v.cpi)} × {ratio(v.spi)})"
            f" = {money(v.etc)}.",
        ),
    }
    sentences: dict[str, tuple[str, ...]] = {
        "bac": (f"What the project is to cost: {money(v.bac)}.", f"By {measured_by}."),
        "pv": (
            f"The part of {money(v.bac)} that was planned up to the day, by working time: "
            f"{money(v.pv)}.",
        ),
        "ev": (
            f"Of each task's budget the share that is complete ({progress_words}): {money(v.ev)}.",
        ),
        "ac": (f"All posted cost dated up to the day, of every class: {money(v.ac)}.",),
        "sv": (f"EV − PV = {money(v.ev)} − {money(v.pv)} = {money(v.sv)}.",),
        "cv": (f"EV − AC = {money(v.ev)} − {money(v.ac)} = {money(v.cv)}.",),
        "spi": (
            f"EV ÷ PV = {money(v.ev)} ÷ {money(v.pv)} = {ratio(v.spi)}.",
            "Below 1 less was done than planned.",
        ),
        "cpi": (
            f"EV ÷ AC = {money(v.ev)} ÷ {money(v.ac)} = {ratio(v.cpi)}.",
            "Below 1 the work costs more than it earns.",
        ),
        "etc": (f"Chosen for this project: {etc_words}.", *by_etc[method]),
        "eac": (f"AC + ETC = {money(v.ac)} + {money(v.etc)} = {money(v.eac)}.",),
        "vac": (f"BAC − EAC = {money(v.bac)} − {money(v.eac)} = {money(v.vac)}.",),
        "tcpi": (
            f"(BAC − EV) ÷ (BAC − AC) = {money(v.bac - v.ev)} ÷ {money(v.bac - v.ac)} = "
            f"{ratio(v.tcpi)}.",
            "What the rest must earn per unit of cost to end on budget.",
        ),
    }
    return sentences[figure]
