"""Expense reports: made, filled with receipts, handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.documents import services as documents
from psa.core.documents.models import Document
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.money.rounding import currency_of
from psa.core.org.models import Resource
from psa.core.web import undo
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import ExpenseEntry, ExpenseReport, TravelRequest
from timeexpense.permissions import TimeExpensePermission
from timeexpense.policies import EDITABLE
from timeexpense.rules import expense_validation
from timeexpense.rules.validation import TEXT_LIMIT, Finding, is_plausible
from timeexpense.selectors import expense_facts, expenses, history, people, policy

from . import cards, expense_kinds, routing, storage
from .expense_kinds import NO_FIELDS, KindFields
from .time_entries import BILLING_TYPES
from .weeks import SubmitOutcome

TITLE_LIMIT = 120
RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class ExpenseDraft:
    """One expense as typed: `amount` is gross, `tax_amount` the recoverable tax in it.

    Where the category's kind takes the amount from a table, amount, currency and tax are not read.
    """

    category_id: int
    spent_on: date
    currency: str
    amount: str
    project_id: int
    task_id: int | None = None
    tax_amount: str = ""
    payment_method: str = ExpenseEntry.PaymentMethod.OWN
    merchant: str = ""
    description: str = ""
    internal_note: str = ""
    billing_type: str = ""
    kind_fields: KindFields = NO_FIELDS


@dataclass(frozen=True, slots=True)
class Upload:
    """A receipt to keep: its name and content."""

    filename: str
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class EntryResult:
    """A stored expense and what the rules say about it so far."""

    entry_id: int
    findings: tuple[Finding, ...]


@transaction.atomic
def create_report(
    *, title: str, actor: Actor, at: datetime, travel_request_id: int | None = None
) -> ExpenseReport:
    """Start a report of the actor's own expenses, with the next number; of an approved journey, if any.

    Raises  NotFound for a member who books nothing, DomainError for a title that does not fit or
            a journey that is not approved.
    """
    actor.require(TimeExpensePermission.ENTER)
    me = people.my_resource(actor)
    if travel_request_id is not None and not (
        TravelRequest.objects.filter(pk=travel_request_id, resource=me, state="approved").exists()
    ):
        raise DomainError("Choose one of your approved travel requests.", "travel_request")
    return start_report(me, title=title, actor=actor, at=at, travel_request_id=travel_request_id)


def start_report(
    person: Resource,
    *,
    title: str,
    actor: Actor,
    at: datetime,
    travel_request_id: int | None = None,
) -> ExpenseReport:
    """A report of this person's with the next number; the caller has asked whether the actor may."""
    report: ExpenseReport = ExpenseReport.objects.create(
        tenant_id=actor.tenant_id,
        number=_next_number(actor.tenant_id),
        resource_id=person.pk,
        title=_text(title, TITLE_LIMIT, "title", needed=True),
        created_at=at,
        travel_request_id=travel_request_id,
    )
    audit.record(
        actor=actor,
        at=at,
        event=TimeExpenseEvent.EXPENSE_REPORT_CREATED,
        record_type="timeexpense.ExpenseReport",
        record_id=report.pk,
        sentence=f"Created the expense report {report.number}.",
    )
    return report


def _next_number(tenant_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timeexpense_expensecounter (tenant_id, last_number) VALUES (%s, 1) "
            "ON CONFLICT (tenant_id) DO UPDATE "
            "SET last_number = timeexpense_expensecounter.last_number + 1 RETURNING last_number",
            [tenant_id],
        )
        return f"EX-{cursor.fetchone()[0]:05d}"


@transaction.atomic
def add_expense(
    *,
    report_id: int,
    draft: ExpenseDraft,
    receipts: Sequence[Upload] = (),
    actor: Actor,
    at: datetime,
) -> EntryResult:
    """Add an expense to one's own report, with its receipts.

    Raises  NotFound; DomainError on the field that does not fit, or of the file that is refused.
    """
    me = people.my_resource(actor)
    report = (
        ExpenseReport.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk=report_id, resource_id=me.pk)
        .first()
    )
    if report is None:
        raise NotFound("There is no such expense report, or it is not yours to change.")
    return put_into(report, me, draft=draft, receipts=receipts, actor=actor, at=at)


def put_into(
    report: ExpenseReport,
    person: Resource,
    *,
    draft: ExpenseDraft,
    actor: Actor,
    at: datetime,
    receipts: Sequence[Upload] = (),
) -> EntryResult:
    """An expense on this person's report; the caller has asked whether the actor may.

    Raises  DomainError on the field that does not fit, or of the file that is refused.
    """
    entry = ExpenseEntry(
        tenant_id=actor.tenant_id,
        report=report,
        resource_id=person.pk,
        **_values(draft, person, at.date()),
    )
    entry.save(force_insert=True)
    return _with_receipts(entry, receipts, actor, at)


@transaction.atomic
def change_expense(
    *,
    entry_id: int,
    draft: ExpenseDraft,
    receipts: Sequence[Upload] = (),
    actor: Actor,
    at: datetime,
    lock_version: int | None = None,
) -> EntryResult:
    """Change one's own expense before it is handed in, or after it was returned.

    Raises  NotFound, DomainError, Conflict when it was changed elsewhere meanwhile.
    """
    entry = _own(entry_id, actor)
    if lock_version is not None and lock_version != entry.lock_version:
        raise Conflict("This expense was changed elsewhere. Reload it and look again.")
    for name, value in _values(draft, entry.resource, at.date(), entry.pk).items():
        setattr(entry, name, value)
    entry.lock_version += 1
    entry.save()
    if entry.payment_method == ExpenseEntry.PaymentMethod.OWN:
        cards.release(entry.pk)
    return _with_receipts(entry, receipts, actor, at)


@transaction.atomic
def delete_expense(*, entry_id: int, actor: Actor, at: datetime) -> dict[str, Any]:
    """Remove one's own expense that was never approved; returns what `restore_expense` needs.

    Its receipts stay where they are.

    Raises  NotFound, DomainError when it is submitted or was approved before.
    """
    entry = _own(entry_id, actor)
    if entry.revision > 1:
        raise DomainError("It was approved once and is in the books' history. Correct it instead.")
    was = undo.row_of(entry)
    cards.release(entry.pk)
    try:
        entry.delete()
    except ProtectedError:
        raise DomainError("Something later refers to it: it stays. Correct it instead.") from None
    audit.record(
        actor=actor,
        at=at,
        event="timeexpense.expense.deleted",
        record_type="timeexpense.ExpenseReport",
        record_id=entry.report_id,
        sentence="Deleted a draft expense.",
    )
    return was


@transaction.atomic
def restore_expense(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Bring back one's own draft that was deleted, under its old number, receipts and all.

    Raises  NotFound when it was not the actor's; Conflict when its report is gone.
    """
    entry = undo.row_from(ExpenseEntry, payload)
    me = people.my_resource(actor)
    if entry.resource_id != me.pk:
        raise NotFound("There is no such expense, or it is not yours.")
    if entry.distance is not None:
        _settle_distance(entry, me, at.date())
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError:
        raise Conflict("This expense is there again, or its report is gone.") from None
    cards.match_entry(entry, actor=actor, at=at)
    audit.record(
        actor=actor,
        at=at,
        event="timeexpense.expense.restored",
        record_type="timeexpense.ExpenseReport",
        record_id=entry.report_id,
        sentence="Took back the deletion of a draft expense.",
    )
    return "The expense is back"


undo.register("timeexpense.expense", restore_expense)


@transaction.atomic
def submit_report(*, report_id: int, actor: Actor, at: datetime) -> list[SubmitOutcome]:
    """Hand in what is still a draft of one's own report; what a rule blocks stays a draft.

    Raises  NotFound; DomainError when there is nothing to hand in.
    """
    me = people.my_resource(actor)
    rows = list(
        ExpenseEntry.objects.select_for_update(of=("self",))
        .filter(report_id=report_id, resource_id=me.pk, state__in=EDITABLE)
        .order_by("id")
    )
    if not rows:
        expenses.get_report(actor=actor, report_id=report_id)
        raise DomainError("There is nothing to hand in on this report. Add an expense first.")
    found = findings_of(rows)
    flags: dict[int, list[dict[str, str]]] = {}
    outcomes = []
    for row in rows:
        blocked = any(finding.blocks for finding in found[row.pk])
        outcomes.append(SubmitOutcome(row.pk, not blocked, found[row.pk]))
        if not blocked:
            flags[row.pk] = [{"code": f.code, "sentence": f.sentence} for f in found[row.pk]]
    for entry_id, flag in history.unusual_expenses([r for r in rows if r.pk in flags]).items():
        flags[entry_id].append(flag)
    storage.mark_submitted("expense", flags, at=at)
    routing.route_entries("expense", list(flags))
    if flags:
        audit.record(
            actor=actor,
            at=at,
            event=TimeExpenseEvent.SUBMITTED,
            record_type="timeexpense.ExpenseReport",
            record_id=report_id,
            sentence=f"Submitted {counted(len(flags), 'expense', 'expenses')}.",
        )
    return outcomes


def findings_of(rows: Sequence[ExpenseEntry]) -> dict[int, tuple[Finding, ...]]:
    """What the rules say about stored expenses, by id. Constant queries."""
    hashes = expense_facts.receipt_hashes([row.pk for row in rows])
    facts = [expense_facts.fact_of(row, hashes.get(row.pk, frozenset())) for row in rows]
    found = expense_validation.validate_expenses(
        facts,
        facts=expense_facts.gather(facts, leaving_out=[row.pk for row in rows]),
        switches=people.rule_modes(),
    )
    by_policy = policy.findings_of(rows)
    return {
        row.pk: (*findings, *by_policy[row.pk]) for row, findings in zip(rows, found, strict=True)
    }


def _own(entry_id: int, actor: Actor) -> ExpenseEntry:
    actor.require(TimeExpensePermission.ENTER)
    entry: ExpenseEntry | None = (
        ExpenseEntry.objects.select_for_update(of=("self",))
        .select_related("resource")
        .filter(pk=entry_id, resource__membership_id=actor.membership_id)
        .first()
    )
    if entry is None:
        raise NotFound("There is no such expense, or it is not yours to change.")
    if entry.state not in EDITABLE:
        raise DomainError(
            f"This expense is {entry.get_state_display().lower()} and cannot be changed. "
            "Take it back first, or ask for its recall."
        )
    return entry


def _with_receipts(
    entry: ExpenseEntry, receipts: Sequence[Upload], actor: Actor, at: datetime
) -> EntryResult:
    for upload in receipts:
        documents.store(
            record_type=expenses.RECEIPT_OF,
            record_id=entry.pk,
            filename=upload.filename,
            content=upload.content,
            kind=RECEIPT,
            actor=actor,
            at=at,
        )
    if receipts:
        has = Document.objects.filter(record_type=expenses.RECEIPT_OF, record_id=entry.pk).exists()
        entry.has_receipt = has
        ExpenseEntry.objects.filter(pk=entry.pk).update(has_receipt=has)
        ExpenseReport.objects.filter(pk=entry.report_id).update(lock_version=F("lock_version") + 1)
    findings = findings_of([entry])[entry.pk]
    blocking = next((f for f in findings if f.blocks), None)
    if blocking is not None:
        raise DomainError(blocking.sentence, blocking.field or None)
    cards.match_entry(entry, actor=actor, at=at)
    return EntryResult(entry.pk, findings)


def _settle_distance(entry: ExpenseEntry, person: Resource, today: date) -> None:
    """Claim a restored journey's distance anew: another may have taken its place in the year."""
    values = expense_kinds.values_of(
        entry.kind, expense_kinds.typed_again(entry), spent_on=entry.spent_on,
        purpose=entry.description, person=person, entry_id=entry.pk, today=today,
    )  # fmt: skip
    for name, value in values.items():
        setattr(entry, name, value)


def _amounts(draft: ExpenseDraft) -> tuple[str, Decimal, Decimal]:
    """Currency, gross amount and the tax in it, as typed."""
    code = expenses.check_currency(draft.currency)
    try:
        currency_of(code)
    except DomainError as error:
        raise DomainError(error.message, "currency") from None
    return code, *expense_validation.amounts_of(draft.amount, draft.tax_amount, code)


def _values(
    draft: ExpenseDraft, person: Resource, today: date, entry_id: int | None = None
) -> dict[str, object]:
    if not is_plausible(draft.spent_on) or draft.spent_on > today:
        raise DomainError("The day lies in the future, or too far away. Check it.", "spent_on")
    if not expenses.expense_categories().filter(pk=draft.category_id).exists():
        raise DomainError("There is no such expense category.", "category")
    if draft.billing_type not in BILLING_TYPES:
        raise DomainError("There is no such billing type.", "billing_type")
    if draft.payment_method not in ExpenseEntry.PaymentMethod.values:
        raise DomainError("Say whether you paid or the company card did.", "payment_method")
    kind = expense_kinds.kind_of(draft.category_id)
    own: dict[str, object] = {}
    if expense_kinds.has_table_amount(kind):
        if draft.payment_method != ExpenseEntry.PaymentMethod.OWN:
            raise DomainError("An allowance is paid to you; no card pays it.", "payment_method")
    else:
        own["currency"], own["amount"], own["tax_amount"] = _amounts(draft)
    own |= expense_kinds.values_of(
        kind, draft.kind_fields, spent_on=draft.spent_on, purpose=draft.description, person=person,
        entry_id=entry_id, today=today,
    )  # fmt: skip
    return {
        **own,
        "category_id": draft.category_id,
        "spent_on": draft.spent_on,
        "project_id": _existing_project(draft),
        "task_id": draft.task_id,
        "payment_method": draft.payment_method,
        "merchant": _text(draft.merchant, expense_validation.MERCHANT_LIMIT, "merchant"),
        "description": _text(draft.description, TEXT_LIMIT, "description"),
        "internal_note": _text(draft.internal_note, TEXT_LIMIT, "internal_note"),
        "billing_type": draft.billing_type,
    }


def _existing_project(draft: ExpenseDraft) -> int:
    """The project, if it and its task are this tenant's; the rules say the rest once stored."""
    if not expenses.is_work(draft.project_id, draft.task_id):
        raise DomainError(
            "There is no such project or task, or it is not yours to book on.", "project"
        )
    return draft.project_id


def _text(text: str, limit: int, field: str, *, needed: bool = False) -> str:
    text = text.strip()
    if needed and not text:
        raise DomainError("Give it a name.", field)
    if len(text) > limit:
        raise DomainError(f"At most {limit} characters fit here; this has {len(text)}.", field)
    if "\0" in text:
        raise DomainError("This holds a character that cannot be stored. Type it again.", field)
    return text
