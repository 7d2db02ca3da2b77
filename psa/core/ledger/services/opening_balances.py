"""Opening balances: what an entity's accounts stood at before its books began here."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.ledger import selectors
from psa.core.ledger.events import LedgerEvent
from psa.core.ledger.models import JournalEntry, LedgerAccount, PostingProfile
from psa.core.ledger.rules.journals import EntryHeader, ProfileLine, profile_entry
from psa.core.ledger.rules.opening_balances import KEPT_BY_RECORDS, read_lines
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.services import journals
from psa.core.org.models import LegalEntity

OPENING = "opening"


@transaction.atomic
def post_opening_balances(
    *, legal_entity_id: int, opened_on: date, lines: str, actor: Actor, at: datetime
) -> JournalEntry:
    """Post an entity's opening balances of a day, once; what they differ by is opening equity.

    Receivables, contract positions, employee payables and project cost are refused: their balances
    come with the records that they agree with.
    Raises  PermissionDenied, NotFound, PeriodClosed, AlreadyJournalled; DomainError naming the line.
    Source  docs/rules/ledger.md, L-15.
    """
    actor.require(LedgerPermission.POST)
    entity = LegalEntity.objects.filter(pk=legal_entity_id).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    wanted = read_lines(lines, entity.currency)
    accounts = {
        row.code: row for row in LedgerAccount.objects.filter(code__in=[w.code for w in wanted])
    }
    kept = set(
        PostingProfile.objects.filter(
            Q(legal_entity=entity) | Q(legal_entity__isnull=True), slot__in=KEPT_BY_RECORDS
        ).values_list("account_id", flat=True)
    )
    for line in wanted:
        account = accounts.get(line.code)
        if account is None:
            raise DomainError(f"There is no account {line.code}.", field="lines")
        if account.pk in kept:
            raise DomainError(
                f"{account} is kept by records. Leave it out: its balance comes with them.",
                field="lines",
            )
    difference = sum((line.amount for line in wanted), Decimal(0))
    draft = profile_entry(
        EntryHeader(
            event=JournalEvent.OPENING_BALANCE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=opened_on,
            source_kind=OPENING,
            source_ref=f"{entity.code}/{opened_on.isoformat()}",
            description=f"Opening balances of {entity.name}",
        ),
        selectors.profile_book(),
        [
            *(
                ProfileLine(Slot.OPENING_EQUITY, line.amount, gl_account_id=accounts[line.code].pk)
                for line in wanted
            ),
            ProfileLine(Slot.OPENING_EQUITY, -difference),
        ],
    )
    entry = journals.post_entries(drafts=[draft], actor=actor, at=at)[0]
    audit.record(
        actor=actor, at=at, event=LedgerEvent.OPENED, record_type="org.LegalEntity",
        record_id=entity.pk,
        sentence=f"Posted opening balances of {entity.code} as of {opened_on.isoformat()}",
    )  # fmt: skip
    return entry
