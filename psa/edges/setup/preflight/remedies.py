"""Where to mend what a step refused: a page, and what its link says."""

from dataclasses import dataclass
from typing import Final

from billing.rules.tax import TaxRateMissing
from billing.rules.tax_determination import TaxSetupMissing
from psa.core.errors import DomainError
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.rules.posting_profiles import PostingProfileMissing
from psa.core.money.fx import RateMissing

from .people import NobodyToBook


@dataclass(frozen=True, slots=True)
class Remedy:
    """A page by its URL name, and the words of the link."""

    url_name: str
    label: str


PRICES: Final = Remedy("pricing:list_list", "Open the price lists")
PERIODS: Final = Remedy("ledger:period_list", "Open the fiscal periods")
PROFILES: Final = Remedy("setup:profile_list", "Open the posting profiles")
TAXES: Final = Remedy("setup:tax_code_list", "Open the tax codes")
RATES: Final = Remedy("setup:rate_list", "Open the exchange rates")
PEOPLE: Final = Remedy("setup:person_list", "Open the staff records")
CHECKLIST: Final = Remedy("setup:checklist", "Open the checklist")
PARAMETERS: Final = Remedy("setup:parameters", "Open the parameters")

_BY_KIND: Final[tuple[tuple[type[DomainError], Remedy], ...]] = (
    (PostingProfileMissing, PROFILES),
    (PeriodClosed, PERIODS),
    (TaxSetupMissing, TAXES),
    (TaxRateMissing, TAXES),
    (RateMissing, RATES),
    (NobodyToBook, PEOPLE),
)
# Some refusals arrive as sentences alone, as batches report theirs: a word of each tells which.
_BY_WORD: Final = (
    ("posting profile", PROFILES),
    ("period", PERIODS),
    ("tax", TAXES),
    ("exchange rate", RATES),
    ("price", PRICES),
)
_BY_STEP: Final = {"Time": PARAMETERS, "Expense": PARAMETERS, "Revenue": PERIODS}


def remedy_for(step: str, error: DomainError) -> Remedy:
    """Where to mend it: by the kind of refusal, else by its words, else by the step."""
    for kind, remedy in _BY_KIND:
        if isinstance(error, kind):
            return remedy
    said = error.message.lower()
    for word, remedy in _BY_WORD:
        if word in said:
            return remedy
    return _BY_STEP.get(step, CHECKLIST)
