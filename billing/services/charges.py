"""What a department pays: its journal and number, without document, tax or open item."""

from collections.abc import Sequence
from datetime import date, datetime

from billing.models import Invoice
from billing.selectors import invoice_facts
from billing.selectors.invoice_facts import BilledPart, Totals
from billing.services import numbers
from psa.core.actor import Actor
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import JournalEntry
from psa.core.ledger.rules.journals import EntryHeader
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.recharges import ChargeFact, charge_entry
from psa.core.ledger.services import journals
from sales.models import Account, Contract

SERIES = "internal_charge"
SOURCE = "internal_charge"


def post_journal(
    *,
    contract: Contract,
    department: Account,
    parts: Sequence[BilledPart],
    totals: Totals,
    charged_on: date,
    takes_back: Invoice | None = None,
    actor: Actor,
    at: datetime,
) -> tuple[str, JournalEntry]:
    """The next number of the entity's charges, and the journal posted under it.

    `takes_back` is the charge that negative amounts correct. The series' lock is the last taken.
    Raises  PeriodClosed, SeriesDated, PostingProfileMissing.
    Source  docs/rules/ledger.md, L-20.
    """
    assert department.org_unit_id is not None  # a department is a unit
    entity = contract.legal_entity
    book = ledger.profile_book()
    positions = ledger.contract_positions(
        currencies={contract.pk: contract.currency}, legal_entity_id=entity.pk
    )
    fact = invoice_facts.journal_fact(
        parts,
        contract=contract,
        account_id=department.pk,
        totals=totals,
        recognition=invoice_facts.recognition_by_line(contract.pk),
    )
    number = numbers.document_number(entity, SERIES, "D", charged_on, actor)
    said = f"Internal charge {number}, {department.name}"
    if takes_back is not None:
        said = f"Internal charge {number}, takes back {takes_back.number}"
    draft = charge_entry(
        EntryHeader(
            event=JournalEvent.INTERNAL_CHARGE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=charged_on,
            source_kind=SOURCE,
            source_ref=number,
            description=said,
        ),
        book,
        ChargeFact(fact.lines, department.org_unit_id, totals.entity_total, totals.quote.rate),
        positions=positions,
    )
    return number, journals.post_entries(drafts=[draft], actor=actor, at=at)[0]
