"""Journal exports: the books of one entity as a file that outside tools can prove."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Max

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger import dimensions, journal_workbook
from psa.core.ledger.events import LedgerEvent
from psa.core.ledger.models import (
    AccountMapping,
    FiscalPeriod,
    JournalEntry,
    JournalExport,
    JournalLine,
    LedgerAccount,
    PostingProfile,
)
from psa.core.ledger.rules.export_tables import (
    PeriodLock,
    entity_trial_balance_csv,
    journals_csv,
    locks_csv,
    trial_balance_csv,
)
from psa.core.ledger.rules.exports import (
    AccountRoot,
    ExportAccount,
    ExportBook,
    ExportEntry,
    ExportLine,
    beancount_text,
    hledger_text,
)
from psa.core.ledger.rules.packages import SHAPES, PackageTerms, file_text
from psa.core.ledger.rules.posting_profiles import Slot
from psa.core.ledger.services import mappings
from psa.core.org.models import LegalEntity
from psa.core.tenancy.models import Tenant


class ExportFormat(StrEnum):
    BEANCOUNT = "beancount"
    HLEDGER = "hledger"
    CSV = "csv"
    XLSX = "xlsx"
    TRIAL_BALANCE = "trial"
    ENTITY_TRIAL_BALANCE = "trial_home"
    LOCKS = "locks"
    PACKAGE = "package"


FILE_NAMES = {
    ExportFormat.BEANCOUNT: ("journals", "beancount", "text/plain"),
    ExportFormat.HLEDGER: ("journals", "journal", "text/plain"),
    ExportFormat.CSV: ("journals", "csv", "text/csv"),
    ExportFormat.XLSX: (
        "journals", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ExportFormat.TRIAL_BALANCE: ("trial-balance", "csv", "text/csv"),
    ExportFormat.ENTITY_TRIAL_BALANCE: ("trial-balance-home", "csv", "text/csv"),
    ExportFormat.LOCKS: ("period-locks", "csv", "text/csv"),
    ExportFormat.PACKAGE: ("package", "csv", "text/csv"),
}  # fmt: skip

_ROOTS = {
    LedgerAccount.Kind.ASSET: AccountRoot.ASSETS,
    LedgerAccount.Kind.LIABILITY: AccountRoot.LIABILITIES,
    LedgerAccount.Kind.EQUITY: AccountRoot.EQUITY,
    LedgerAccount.Kind.INCOME: AccountRoot.INCOME,
    LedgerAccount.Kind.EXPENSE: AccountRoot.EXPENSES,
}
# Sources that are documents: their number stands in the narration's place for it.
_DOCUMENTS = frozenset({"invoice", "credit_note", "payment"})


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file, the hash it is known by, and which entries it holds."""

    filename: str
    content_type: str
    content: bytes
    sha256: str
    entry_count: int
    last_entry_id: int


@dataclass(frozen=True, slots=True)
class ExportRange:
    """The days of an export, both included (None: from the first, to the last), and the mapping
    that a package's file goes by."""

    from_on: date | None = None
    until_on: date | None = None
    terms: PackageTerms | None = None


WHOLE = ExportRange()


class ExportChanged(Conflict):
    """A repeat differs from what was exported: names of accounts or projects were changed."""


def get_entity(code: str) -> LegalEntity:
    """The legal entity of this code. Raises  NotFound naming those there are."""
    entity = LegalEntity.objects.filter(code=code).first()
    if entity is None:
        known = ", ".join(LegalEntity.objects.order_by("code").values_list("code", flat=True))
        raise NotFound(f"There is no legal entity “{code}” here. There are: {known}.")
    return entity


def export_book(
    *, entity: LegalEntity, last_entry_id: int | None = None, days: ExportRange = WHOLE
) -> ExportBook:
    """Everything the entity has posted up to and including one entry (by id; None: all), of the
    days of a range.

    It ends on the day after its latest entry, which may lie in the next period (the mirror of an
    accrual). Five queries, whatever the size.
    """
    rows = JournalEntry.objects.filter(legal_entity=entity)
    if last_entry_id is not None:
        rows = rows.filter(pk__lte=last_entry_id)
    if days.from_on is not None:
        rows = rows.filter(entry_on__gte=days.from_on)
    if days.until_on is not None:
        rows = rows.filter(entry_on__lte=days.until_on)
    entries = list(
        rows.order_by("entry_on", "id").values_list(
            "id", "number", "entry_on", "recorded_at", "event", "source_kind", "source_ref",
            "description", "reverses__number",
        )
    )  # fmt: skip
    lines = JournalLine.objects.filter(entry__legal_entity=entity)
    if last_entry_id is not None:
        lines = lines.filter(entry_id__lte=last_entry_id)
    if days.from_on is not None:
        lines = lines.filter(entry__entry_on__gte=days.from_on)
    if days.until_on is not None:
        lines = lines.filter(entry__entry_on__lte=days.until_on)
    by_entry: dict[int, list[ExportLine]] = defaultdict(list)
    found = list(
        lines.order_by("entry_id", "position").values_list(
            "entry_id", "account_id", "debit", "credit", "currency", "currency_amount",
            "project_id",
        )
    )  # fmt: skip
    projects = dimensions.names("project_id", (row[6] for row in found))
    used = set()
    for entry_id, account_id, debit, credit, currency, amount, project_id in found:
        used.add(account_id)
        by_entry[entry_id].append(
            ExportLine(account_id, debit - credit, currency, amount, projects.get(project_id, ""))
        )
    last_on = max((row[2] for row in entries), default=date(1999, 12, 31))
    return ExportBook(
        tenant=Tenant.objects.values_list("slug", flat=True).get(pk=entity.tenant_id),
        entity=entity.code,
        currency=entity.currency,
        until_on=last_on + timedelta(days=1),
        accounts=_accounts(used),
        entries=tuple(
            ExportEntry(
                entry_id=number,
                posting_on=entry_on,
                recorded_at=recorded_at,
                event=event,
                source=f"{kind}/{ref}",
                number=ref if kind in _DOCUMENTS else event.replace("_", " "),
                description=description,
                lines=tuple(by_entry[pk]),
                reverses=reverses or "",
            )
            for pk, number, entry_on, recorded_at, event, kind, ref, description, reverses in (
                entries
            )
        ),
    )


def _accounts(used: set[int]) -> tuple[ExportAccount, ...]:
    # A contract's position is one figure in the entity's currency, whatever it is invoiced in.
    position_ids = set(
        PostingProfile.objects.filter(
            slot__in=(Slot.CONTRACT_ASSET, Slot.CONTRACT_LIABILITY)
        ).values_list("account_id", flat=True)
    )
    return tuple(
        ExportAccount(
            gl_account_id=account.pk,
            code=account.code,
            name=account.name,
            root=_ROOTS[LedgerAccount.Kind(account.kind)],
            holds_foreign_currency=account.is_monetary and account.pk not in position_ids,
        )
        for account in LedgerAccount.objects.filter(pk__in=used).order_by("code")
    )


def render(
    *,
    entity: LegalEntity,
    file_format: ExportFormat,
    last_entry_id: int | None = None,
    days: ExportRange = WHOLE,
) -> ExportFile:
    """The file of a format; the same entries give the same bytes. Records nothing.

    A package's file is of the accounts that its mapping names. Raises  DomainError naming those
    that it does not.
    """
    if last_entry_id is None:
        last_entry_id = (
            JournalEntry.objects.filter(legal_entity=entity).aggregate(last=Max("id"))["last"] or 0
        )
    book = export_book(entity=entity, last_entry_id=last_entry_id, days=days)
    stem, ending, content_type = FILE_NAMES[file_format]
    if file_format is ExportFormat.PACKAGE:
        content = _package(book, days.terms)
        stem = f"{days.terms.package}-journals" if days.terms else stem
    else:
        content = _content(book, entity, file_format)
    return ExportFile(
        filename=f"{book.tenant}-{entity.code}-{stem}-{last_entry_id}.{ending}",
        content_type=content_type,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        entry_count=len(book.entries),
        last_entry_id=last_entry_id,
    )


def _content(book: ExportBook, entity: LegalEntity, file_format: ExportFormat) -> bytes:
    match file_format:
        case ExportFormat.BEANCOUNT:
            return beancount_text(book).encode()
        case ExportFormat.HLEDGER:
            return hledger_text(book).encode()
        case ExportFormat.CSV:
            return journals_csv(book).encode()
        case ExportFormat.TRIAL_BALANCE:
            return trial_balance_csv(book).encode()
        case ExportFormat.ENTITY_TRIAL_BALANCE:
            return entity_trial_balance_csv(book).encode()
        case ExportFormat.LOCKS:
            return locks_csv(period_locks(entity)).encode()
        case ExportFormat.XLSX:
            return journal_workbook.workbook(book)
        case ExportFormat.PACKAGE:
            raise AssertionError("a package's file goes by its mapping")


def _package(book: ExportBook, terms: PackageTerms | None) -> bytes:
    if terms is None:
        raise DomainError("Choose the mapping that the package's file goes by.", "mapping_id")
    if not book.entries:
        return b""
    encoding = SHAPES[terms.package].encoding
    return file_text(book, terms).encode(encoding, errors="replace")


def package_range(
    *, mapping: AccountMapping, from_on: date | None = None, until_on: date | None = None
) -> ExportRange:
    """The days of an export by a mapping as it is now."""
    if from_on and until_on and until_on < from_on:
        raise DomainError("The range ends before it begins.", "until_on")
    return ExportRange(from_on, until_on, mappings.terms_of(mapping))


def find_mapping(*, entity: LegalEntity, name: str) -> AccountMapping:
    """An entity's mapping by name. Raises  NotFound naming those there are."""
    rows = AccountMapping.objects.select_related("legal_entity").filter(legal_entity=entity)
    mapping = rows.filter(name=name).first()
    if mapping is None:
        known = ", ".join(rows.order_by("name").values_list("name", flat=True)) or "none"
        raise NotFound(f"{entity.code} has no account mapping “{name}”. There are: {known}.")
    return mapping


def period_locks(entity: LegalEntity) -> list[PeriodLock]:
    """The closed periods of an entity and when each was closed."""
    return [
        PeriodLock(*row)
        for row in FiscalPeriod.objects.filter(
            legal_entity=entity, state=FiscalPeriod.State.CLOSED, closed_at__isnull=False
        )
        .order_by("starts_on")
        .values_list("starts_on", "ends_on", "closed_at")
    ]


def take_export(
    *,
    entity_id: int,
    file_format: ExportFormat,
    mapping_id: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> tuple[JournalExport, ExportFile]:
    """Export the entity's books and mark the entries as exported, with the file's hash.

    A package's file goes by a mapping of the entity and may be of some days; every other file is
    the whole journal.
    Raises  PermissionDenied, NotFound; DomainError when nothing is posted, or naming accounts that
            the mapping has no number for.
    """
    actor.require("ledger.export")
    entity = LegalEntity.objects.filter(pk=entity_id).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    days = WHOLE
    if file_format is ExportFormat.PACKAGE:
        days = package_range(
            mapping=_mapping_of(entity, mapping_id), from_on=from_on, until_on=until_on
        )
    elif mapping_id is not None or from_on or until_on:
        raise DomainError(
            "Mapping and days are for the file of an accounting package; this one is the whole "
            "journal.",
            "file_format",
        )
    made = render(entity=entity, file_format=file_format, days=days)
    if not made.entry_count and (from_on or until_on):
        raise DomainError(f"{entity.name} has no journal entries on these days.", "from_on")
    if not made.entry_count:
        raise DomainError(f"{entity.name} has no journal entries yet; there is nothing to export.")
    export: JournalExport = JournalExport.objects.create(
        tenant_id=actor.tenant_id,
        legal_entity=entity,
        format=file_format.value,
        last_entry_id=made.last_entry_id,
        entry_count=made.entry_count,
        from_on=days.from_on,
        until_on=days.until_on,
        package_terms=days.terms.as_data() if days.terms else None,
        sha256=made.sha256,
        exported_at=at,
        exported_by_id=actor.membership_id,
    )
    audit.record(
        actor=actor,
        at=at,
        event=LedgerEvent.EXPORTED,
        record_type="ledger.JournalExport",
        record_id=export.pk,
        sentence=f"Exported {made.entry_count:,} journal entries of {entity.name} ({file_format})",
    )
    return export, made


def _mapping_of(entity: LegalEntity, mapping_id: int | None) -> AccountMapping:
    if mapping_id is None:
        raise DomainError("Choose the mapping that the package's file goes by.", "mapping_id")
    mapping = (
        AccountMapping.objects.select_related("legal_entity")
        .filter(pk=mapping_id, legal_entity=entity)
        .first()
    )
    if mapping is None:
        raise DomainError("This mapping is not one of the entity's.", "mapping_id")
    return mapping


def repeat_export(*, export_id: int, actor: Actor) -> ExportFile:
    """The file of an earlier export again, byte for byte.

    Raises  ExportChanged when the bytes would differ, NotFound, PermissionDenied.
    """
    actor.require("ledger.export")
    export = JournalExport.objects.select_related("legal_entity").filter(pk=export_id).first()
    if export is None:
        raise NotFound("There is no such export.")
    terms = export.package_terms
    made = render(
        entity=export.legal_entity,
        file_format=ExportFormat(export.format),
        last_entry_id=export.last_entry_id,
        days=ExportRange(
            export.from_on,
            export.until_on,
            PackageTerms.from_data(terms) if terms is not None else None,
        ),
    )
    if made.sha256 != export.sha256:
        raise ExportChanged(
            "The books are the same, but an account, project or period lock has changed since, so "
            "the file would differ from the one exported then. Take a new export."
        )
    return made
