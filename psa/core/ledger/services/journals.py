"""Posting journal entries: numbered without gaps, balanced, in an open period, once per source."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction

from psa.core.actor import Actor
from psa.core.errors import Conflict, NotFound
from psa.core.ledger import selectors
from psa.core.ledger.models import JournalEntry, JournalLine, NumberSequence
from psa.core.ledger.rules.journals import (
    Dimensions,
    EntryHeader,
    JournalDraft,
    JournalLineDraft,
    check_balanced,
    mirror,
)
from psa.core.ledger.rules.periods import PeriodClosed, check_takes_posting
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.org import features
from psa.core.org.models import LegalEntity
from psa.core.org.rules.deployment import Feature, offers

JOURNAL_SERIES = "journal"


class AlreadyJournalled(Conflict):
    """The source has a live entry of this event already."""


def post_entries(
    *, drafts: Sequence[JournalDraft], actor: Actor, at: datetime, is_closing: bool = False
) -> list[JournalEntry]:
    """Post balanced drafts in order and return the entries; whole or not at all.

    ``is_closing`` is finance's right to post accruals, adjustments and revaluation into a
    soft-closed period. Numbers are taken last, entity by entity, so that series locks are short.
    Raises  Unbalanced, PeriodClosed, AlreadyJournalled; NotOffered in a firm that keeps no books.
    Source  docs/rules/ledger.md, L-3 and L-4.
    """
    entity_ids = {draft.header.legal_entity_id for draft in drafts}
    calendars = selectors.periods_by_entity(entity_ids)
    # Told by the query that asks for the entities anyway: no entry pays for the question.
    found = LegalEntity.objects.filter(pk__in=entity_ids).annotate(
        model=features.model_of("tenant_id")
    )
    entities = {e.pk: e for e in found}
    if any(not offers(e.model, Feature.BOOKS) for e in entities.values()):
        raise features.not_offered(Feature.BOOKS)
    periods = []
    for draft in drafts:
        check_balanced(draft)
        periods.append(
            check_takes_posting(
                calendars.get(draft.header.legal_entity_id, []),
                posting_on=draft.header.posting_on,
                in_soft_closed=is_closing,
            )
        )
    numbers = _take_numbers(drafts, entities, actor)
    entries = [
        JournalEntry(
            tenant_id=actor.tenant_id,
            legal_entity_id=draft.header.legal_entity_id,
            number=number,
            entry_on=draft.header.posting_on,
            period_id=period.period_id,
            event=draft.header.event.value,
            source_kind=draft.header.source_kind,
            source_ref=draft.header.source_ref,
            description=draft.header.description[:200],
            project_id=_single_project(draft),
            reverses_id=draft.reverses_id,
            is_closing=is_closing,
            line_count=len(draft.lines),
            total=sum(line.debit for line in draft.lines),
            recorded_at=at,
            recorded_by_id=actor.membership_id,
        )
        for draft, number, period in zip(drafts, numbers, periods, strict=True)
    ]
    try:
        with transaction.atomic():
            JournalEntry.objects.bulk_create(entries, batch_size=1000)
            JournalLine.objects.bulk_create(
                [
                    _line(entry, position, line, actor)
                    for entry, draft in zip(entries, drafts, strict=True)
                    for position, line in enumerate(draft.lines, start=1)
                ],
                batch_size=2000,
            )
    except IntegrityError as error:
        raise _refusal(error) from error
    return entries


def reverse_entry(
    *,
    entry_id: int,
    posting_on: date,
    actor: Actor,
    at: datetime,
    description: str = "",
    is_closing: bool = False,
) -> JournalEntry:
    """Post the exact mirror of an entry, naming it. Raises  NotFound, AlreadyJournalled, PeriodClosed."""
    draft = as_draft(entry_id)
    return post_entries(
        drafts=[
            mirror(draft, posting_on=posting_on, reverses_id=entry_id, description=description)
        ],
        actor=actor,
        at=at,
        is_closing=is_closing,
    )[0]


def entry_id_of_source(header: EntryHeader) -> int | None:
    """The entry that this source has posted for this event, None without one. One query."""
    rows = JournalEntry.objects.filter(
        legal_entity_id=header.legal_entity_id,
        event=header.event.value,
        source_kind=header.source_kind,
        source_ref=header.source_ref,
        reverses__isnull=True,
    )
    return rows.values_list("id", flat=True).first()


def as_draft(entry_id: int) -> JournalDraft:
    """A posted entry as a frozen draft. Two queries. Raises  NotFound."""
    entry = JournalEntry.objects.select_related("legal_entity").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound("There is no such journal entry.")
    lines = JournalLine.objects.filter(entry_id=entry_id).order_by("position")
    return JournalDraft(
        header=EntryHeader(
            event=JournalEvent(entry.event),
            legal_entity_id=entry.legal_entity_id,
            currency=entry.legal_entity.currency,
            posting_on=entry.entry_on,
            source_kind=entry.source_kind,
            source_ref=entry.source_ref,
            description=entry.description,
        ),
        lines=tuple(
            JournalLineDraft(
                slot=Slot(line.memo)
                if line.memo in Slot._value2member_map_
                else Slot.OPENING_EQUITY,
                gl_account_id=line.account_id,
                debit=line.debit,
                credit=line.credit,
                transaction_currency=line.currency,
                transaction_amount=line.currency_amount,
                rate=line.rate,
                rate_type=line.rate_type,
                dimensions=Dimensions(
                    project_id=line.project_id,
                    contract_id=line.contract_id,
                    unit_id=line.org_unit_id,
                    category_id=line.category_id,
                    customer_id=line.customer_id,
                    contract_line_id=line.contract_line_id,
                ),
            )
            for line in lines
        ),
    )


def _single_project(draft: JournalDraft) -> int | None:
    projects = {line.dimensions.project_id for line in draft.lines} - {None}
    return projects.pop() if len(projects) == 1 else None


def _line(entry: JournalEntry, position: int, line: JournalLineDraft, actor: Actor) -> JournalLine:
    dims = line.dimensions
    return JournalLine(
        tenant_id=actor.tenant_id,
        entry_id=entry.pk,
        position=position,
        account_id=line.gl_account_id,
        debit=line.debit,
        credit=line.credit,
        currency=line.transaction_currency,
        currency_amount=line.transaction_amount,
        rate=line.rate,
        rate_type=line.rate_type,
        project_id=dims.project_id,
        contract_id=dims.contract_id,
        contract_line_id=dims.contract_line_id,
        org_unit_id=dims.unit_id,
        category_id=dims.category_id,
        customer_id=dims.customer_id,
        memo=line.slot.value,
    )


def fiscal_year_of(entity: LegalEntity, on: date) -> int:
    """The year a fiscal year is named for: the one in which it ends."""
    if entity.fiscal_year_start_month == 1 or on.month < entity.fiscal_year_start_month:
        return on.year
    return on.year + 1


def _take_numbers(
    drafts: Sequence[JournalDraft], entities: dict[int, LegalEntity], actor: Actor
) -> list[str]:
    wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, draft in enumerate(drafts):
        entity = entities[draft.header.legal_entity_id]
        wanted[entity.pk, fiscal_year_of(entity, draft.header.posting_on)].append(index)
    numbers = [""] * len(drafts)
    for (entity_id, year), indices in sorted(wanted.items()):
        first = take_numbers(
            legal_entity_id=entity_id,
            document_type=JOURNAL_SERIES,
            year=year,
            count=len(indices),
            actor=actor,
        )
        for offset, index in enumerate(indices):
            numbers[index] = f"{entities[entity_id].code}-J{year}-{first + offset:06d}"
    return numbers


class SeriesDated(Conflict):
    """A document would be dated before the last one of its series."""


def take_numbers(
    *,
    legal_entity_id: int,
    document_type: str,
    year: int,
    count: int,
    actor: Actor,
    dated_on: date | None = None,
) -> int:
    """The first of ``count`` consecutive numbers of a gapless series; the row stays locked.

    With ``dated_on`` a document is never dated before its series' last: SeriesDated otherwise.
    """
    locked = NumberSequence.objects.select_for_update().filter(
        legal_entity_id=legal_entity_id, document_type=document_type, year=year
    )
    series: NumberSequence | None = locked.first()
    if series is None:
        NumberSequence.objects.bulk_create(
            [
                NumberSequence(
                    tenant_id=actor.tenant_id,
                    legal_entity_id=legal_entity_id,
                    document_type=document_type,
                    year=year,
                )
            ],
            ignore_conflicts=True,
        )
        series = locked.get()
    if dated_on is not None and series.last_dated_on and dated_on < series.last_dated_on:
        raise SeriesDated(
            f"The last document of this series is dated {series.last_dated_on:%-d %b %Y}. "
            "Choose that date or a later one.",
            field="invoiced_on",
        )
    first = series.last_number + 1
    series.last_number += count
    if dated_on is not None:
        series.last_dated_on = dated_on
    series.save(update_fields=["last_number", "last_dated_on"])
    return first


def _refusal(error: IntegrityError) -> Exception:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if constraint in {"journal_source_once", "journal_reversed_once"}:
        return AlreadyJournalled("This is in the books already. Nothing was posted twice.")
    if constraint == "journal_period_open":
        return PeriodClosed(
            "The period was closed while this was being posted. Choose a date in an open period.",
            field="posting_on",
        )
    return error
