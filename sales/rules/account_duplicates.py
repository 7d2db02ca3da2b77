"""Which accounts may be the same customer entered twice."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

_LEGAL_FORMS = frozenset(
    [
        "ag",
        "bv",
        "co",
        "company",
        "corp",
        "corporation",
        "gmbh",
        "inc",
        "incorporated",
        "kg",
        "limited",
        "llc",
        "llp",
        "ltd",
        "nv",
        "oy",
        "plc",
        "private",
        "pte",
        "pty",
        "pvt",
        "sa",
        "sarl",
        "sas",
        "se",
        "spa",
        "srl",
        "the",
        "and",
    ]
)
SIMILAR_FROM = 0.87


@dataclass(frozen=True, slots=True)
class AccountName:
    account_id: int
    name: str
    tax_id: str = ""


def plain_name(name: str) -> str:
    """The name without case, punctuation and legal form: “Kessler GmbH & Co. KG” → “kessler”."""
    words = re.sub(r"[^\w\s]", " ", name.casefold()).split()
    kept = [word for word in words if word not in _LEGAL_FORMS]
    return " ".join(kept or words)


def plain_tax_id(tax_id: str) -> str:
    return re.sub(r"[\W_]", "", tax_id).upper()


def duplicates_of(name: str, tax_id: str, known: Iterable[AccountName]) -> list[AccountName]:
    """Known accounts with the same tax id, or a name that is the same or nearly so.

    Source  docs/rules/sales.md, example S-23.
    """
    wanted, wanted_tax = plain_name(name), plain_tax_id(tax_id)
    found = []
    for account in known:
        same_tax = bool(wanted_tax) and plain_tax_id(account.tax_id) == wanted_tax
        if same_tax or _alike(wanted, plain_name(account.name)):
            found.append(account)
    return found


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    matcher = SequenceMatcher(None, one, other)
    # The quick ratios are upper bounds: most names are told apart without comparing letters.
    return (
        matcher.real_quick_ratio() >= SIMILAR_FROM
        and matcher.quick_ratio() >= SIMILAR_FROM
        and matcher.ratio() >= SIMILAR_FROM
    )
