"""Company cards: their statements imported once, their lines matched to expenses."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import IntegrityError, connection, transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.documents import tables
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.money.rounding import currency_of
from psa.core.org.models import Resource
from timeexpense.models import CardLine, CardStatement, CompanyCard, ExpenseEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.policies import EDITABLE
from timeexpense.rules import card_statement as rules
from timeexpense.rules.card_statement import BadLine, Reading, Transaction
from timeexpense.selectors import cards as selectors

MAX_ROWS: Final = 5_000
CARD: Final = ExpenseEntry.PaymentMethod.CARD


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A line of the file; `state` is "new", "known" (imported before) or "no_card"."""

    transaction: Transaction
    state: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing a file would do. `columns` are the names found for each target of a table."""

    lines: tuple[PreviewLine, ...]
    bad: tuple[BadLine, ...]
    columns: Mapping[str, str] = field(default_factory=dict)

    def count(self, state: str) -> int:
        return sum(line.state == state for line in self.lines)


@transaction.atomic
def save_card(
    *, resource_id: int, ending: str, name: str, currency: str, actor: Actor, at: datetime
) -> CompanyCard:
    """Say who carries a card. Raises  PermissionDenied, NotFound; Conflict for a known ending."""
    actor.require(TimeExpensePermission.MANAGE_CARDS)
    person = Resource.objects.filter(pk=resource_id).first()
    if person is None:
        raise NotFound("There is no such person.")
    if len(ending) != 4 or not (ending.isascii() and ending.isdigit()):
        raise DomainError("The last four digits of the card.", "ending")
    if not name.strip() or len(name) > 80 or "\0" in name:
        raise DomainError("Give the card a name of at most 80 characters.", "name")
    try:
        with transaction.atomic():
            card: CompanyCard = CompanyCard.objects.create(
                tenant_id=actor.tenant_id, resource=person, ending=ending, name=name.strip(),
                currency=currency_of(currency[:10]).code,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(f"A card ending in {ending} is known already.", "ending") from None
    audit.record(
        actor=actor, at=at, event="timeexpense.card_saved", record_type="timeexpense.CompanyCard",
        record_id=card.pk, sentence=f"Added the card ending in {ending} of {person.name}.",
    )  # fmt: skip
    return card


def preview(
    *, content: bytes, filename: str, reading: Reading, mapping: Mapping[str, str], actor: Actor
) -> Preview:
    """What a statement holds, and what of it is new; writes nothing.

    Raises  PermissionDenied; DomainError on "file" for what is no statement.
    """
    actor.require(TimeExpensePermission.MANAGE_CARDS)
    lines, bad, columns = _read(content, filename, reading, mapping)
    prints = rules.fingerprints(lines)
    known = set(
        CardLine.objects.filter(fingerprint__in=prints).values_list("fingerprint", flat=True)
    )
    endings = set(CompanyCard.objects.values_list("ending", flat=True))
    return Preview(
        tuple(
            PreviewLine(
                line,
                "known" if mark in known
                else "new" if line.card_ending in endings
                else "no_card",
            )
            for line, mark in zip(lines, prints, strict=True)
        ),
        tuple(bad),
        columns,
    )  # fmt: skip


def _read(
    content: bytes, filename: str, reading: Reading, mapping: Mapping[str, str]
) -> tuple[list[Transaction], list[BadLine], dict[str, str]]:
    if rules.is_ofx(content[:4000].replace(b"\0", b"").decode("latin-1")):
        text, _ = tables.decoded(content, filename)
        lines, bad = rules.ofx_transactions(text)
        if len(lines) > MAX_ROWS:
            raise DomainError(f"A statement has at most {MAX_ROWS:,} lines. Split it.", "file")
        return lines, bad, {}
    table = tables.read_table(content, filename=filename, max_rows=MAX_ROWS)
    columns = rules.guessed_columns(table.header)
    for target, name in mapping.items():
        if name:
            if name not in table.header:
                raise DomainError(f"There is no column “{name[:40]}” in this file.", target)
            columns[target] = table.header.index(name)
    missing = [target for target in rules.NEEDED if target not in columns]
    if missing:
        raise DomainError(
            f"Say which columns hold: {', '.join(missing)}. "
            f"The file has: {', '.join(table.header)[:200]}.",
            "file",
        )
    lines, bad = [], []
    for row in table.rows:
        try:
            lines.append(rules.transaction_of(row.number, row.cells, columns, reading))
        except DomainError as error:
            bad.append(BadLine(row.number, error.message))
    return lines, bad, {target: table.header[place] for target, place in columns.items()}


@transaction.atomic
def import_statement(
    *, content: bytes, filename: str, reading: Reading, mapping: Mapping[str, str], actor: Actor,
    at: datetime,
) -> CardStatement:  # fmt: skip
    """Take in the lines of a statement that are new, and match those that fit one expense alone.

    The same line is never there twice, whatever file it comes in: its print is unique.
    Raises  PermissionDenied; DomainError on "file" for rows that cannot be read, or unknown cards.
    """
    found = preview(
        content=content, filename=filename, reading=reading, mapping=mapping, actor=actor
    )
    if found.bad:
        first = found.bad[0]
        raise DomainError(f"Row {first.row}: {first.reason} Nothing was imported.", "file")
    strange = sorted(
        {line.transaction.card_ending for line in found.lines if line.state == "no_card"}
    )
    if strange:
        raise DomainError(
            f"No card ending in {', '.join(strange[:5])} is known. Add it, then import.", "file"
        )
    lines = [line.transaction for line in found.lines]
    statement: CardStatement = CardStatement.objects.create(
        tenant_id=actor.tenant_id, filename=filename[:200],
        sha256=hashlib.sha256(content).hexdigest(), imported_at=at,
        imported_by_id=actor.membership_id, line_count=0, known_count=0,
    )  # fmt: skip
    cards = dict(CompanyCard.objects.values_list("ending", "id"))
    added = _insert(statement, lines, cards, actor.tenant_id)
    statement.line_count, statement.known_count = len(added), len(lines) - len(added)
    statement.save(update_fields=["line_count", "known_count"])
    matched = _match_by_facts(added, actor, at)
    audit.record(
        actor=actor, at=at, event="timeexpense.card_statement_imported",
        record_type="timeexpense.CardStatement", record_id=statement.pk,
        sentence=f"Imported {counted(len(added), 'card line', 'card lines')} from "
        f"{filename[:80]}; {matched} matched.",
    )  # fmt: skip
    return statement


def _insert(
    statement: CardStatement, lines: list[Transaction], cards: Mapping[str, int], tenant_id: int
) -> list[int]:
    """The ids of the lines that were not there. One statement."""
    if not lines:
        return []
    rows = [
        (
            cards[one.card_ending], mark, one.spent_on, one.currency, one.amount, one.merchant,
            one.reference,
        )
        for one, mark in zip(lines, rules.fingerprints(lines), strict=True)
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timeexpense_cardline (tenant_id, statement_id, dismissed_reason, card_id, "
            "fingerprint, spent_on, currency, amount, merchant, reference) "
            "SELECT %s, %s, '', k.* FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::text[], "
            "%s::numeric[], %s::text[], %s::text[]) AS k "
            "ON CONFLICT (tenant_id, fingerprint) DO NOTHING RETURNING id",
            [tenant_id, statement.pk, *[list(column) for column in zip(*rows, strict=True)]],
        )
        return [row[0] for row in cursor.fetchall()]


def _match_by_facts(line_ids: list[int], actor: Actor, at: datetime) -> int:
    """Match each line with the one card expense of its person, amount and currency within 3 days."""
    count = 0
    for line in CardLine.objects.filter(id__in=line_ids).select_related("card").order_by("id"):
        fitting = selectors.fitting_entries(line)
        if len(fitting) == 1:
            _join(line, fitting[0].id, actor, at)
            count += 1
    return count


def match_entry(entry: ExpenseEntry, *, actor: Actor, at: datetime) -> None:
    """Match an expense with the one open line of its person's cards that fits it, and it alone.

    So the order does not matter in which a statement and its receipts come. At most three queries.
    """
    if entry.payment_method != CARD or CardLine.objects.filter(entry_id=entry.pk).exists():
        return
    lines = list(selectors.fitting_lines(entry).select_for_update(of=("self",))[:2])
    if len(lines) == 1 and len(selectors.fitting_entries(lines[0])) == 1:
        _join(lines[0], entry.pk, actor, at)


def release(entry_id: int) -> None:
    """Open the line of an expense again that goes, or that no card paid."""
    CardLine.objects.filter(entry_id=entry_id).update(entry=None, matched_at=None, matched_by=None)


@transaction.atomic
def match_line(*, line_id: int, entry_id: int, actor: Actor, at: datetime) -> None:
    """Say which expense a line paid for: one's own card, or anybody's with the right to manage them.

    Raises  NotFound; Conflict when either is matched already; DomainError when they do not fit.
    """
    line = _locked(line_id, actor)
    entry = (
        ExpenseEntry.objects.select_for_update(of=("self",))
        .filter(pk=entry_id, resource_id=line.card.resource_id)
        .first()
    )
    if entry is None:
        raise NotFound("There is no such expense of the person who carries the card.")
    if entry.payment_method != CARD:
        raise DomainError("This expense was paid by the person. Change that first.")
    _join(line, entry.pk, actor, at)


def _join(line: CardLine, entry_id: int, actor: Actor, at: datetime) -> None:
    line.entry_id, line.matched_at, line.matched_by_id = entry_id, at, actor.membership_id
    line.dismissed_reason = ""
    try:
        with transaction.atomic():
            line.save()
    except IntegrityError:
        raise Conflict("Another card line is matched with this expense.") from None


@transaction.atomic
def unmatch_line(*, line_id: int, actor: Actor, at: datetime) -> None:
    """Take a match or a dismissal back, while the expense is not handed in. Raises  NotFound."""
    line = _locked(line_id, actor, is_free=False)
    if line.entry is not None and line.entry.state not in EDITABLE:
        raise DomainError("Its expense is handed in. Take that back first.")
    line.entry, line.matched_at, line.matched_by, line.dismissed_reason = None, None, None, ""
    line.save()


@transaction.atomic
def dismiss_line(*, line_id: int, reason: str, actor: Actor, at: datetime) -> None:
    """Say why a line is no expense: a refund, a private purchase that was paid back.

    Raises  NotFound; Conflict when it is matched; DomainError without a reason.
    """
    line = _locked(line_id, actor)
    reason = reason.strip()
    if not reason or len(reason) > 200 or "\0" in reason:
        raise DomainError("Say why it is no expense, in at most 200 characters.", "reason")
    line.dismissed_reason = reason
    line.save(update_fields=["dismissed_reason"])
    audit.record(
        actor=actor, at=at, event="timeexpense.card_line_dismissed",
        record_type="timeexpense.CardLine", record_id=line.pk,
        sentence=f"Card line of {line.spent_on:%-d %b %Y} is no expense: {reason}",
    )  # fmt: skip


def _locked(line_id: int, actor: Actor, *, is_free: bool = True) -> CardLine:
    line: CardLine | None = (
        selectors.visible_lines(actor)
        .select_for_update(of=("self",))
        .select_related("card", "entry")
        .filter(pk=line_id)
        .first()
    )
    if line is None:
        raise NotFound("There is no such card line, or it is not yours.")
    if is_free and line.entry_id is not None:
        raise Conflict("This card line is matched already.")
    return line
