"""The one door to the ledger of actuals, for one draft and for a million."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.db import IntegrityError, connection, transaction

from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError
from psa.core.ledger import dimensions, selectors
from psa.core.ledger.models import ActualBatch
from psa.core.ledger.rules.periods import PeriodClosed, PostingSlot, posting_slot
from psa.core.ledger.rules.types import ActualDraft, ActualType, reverse
from psa.core.money import selectors as money
from psa.core.money.fx import FxQuote, FxTable
from psa.core.money.rounding import EXACT, minor_units, round_half_up
from psa.core.org import features
from psa.core.org.models import LegalEntity, TenantParameters
from psa.core.org.rules.deployment import Feature, offers
from psa.core.tenancy.models import Tenant

# Up to here rows travel as arrays in the statement; beyond, through COPY into a temporary table.
COPY_FROM_ROWS = 500

_COLUMNS = (
    ("id", "bigint"),
    ("actual_type", "text"),
    ("work_on", "date"),
    ("posted_on", "date"),
    ("period_id", "bigint"),
    ("legal_entity_id", "bigint"),
    ("contracting_unit_id", "bigint"),
    ("resourcing_unit_id", "bigint"),
    ("project_id", "bigint"),
    ("task_id", "bigint"),
    ("contract_id", "bigint"),
    ("contract_line_id", "bigint"),
    ("funding_source_id", "bigint"),
    ("account_id", "bigint"),
    ("resource_id", "bigint"),
    ("role_id", "bigint"),
    ("category_id", "bigint"),
    ("transaction_class", "text"),
    ("billing_type", "text"),
    ("minutes", "integer"),
    ("quantity", "numeric"),
    ("unit", "text"),
    ("price", "numeric"),
    ("currency", "text"),
    ("amount", "numeric"),
    ("list_amount", "numeric"),
    ("entity_currency", "text"),
    ("entity_rate", "numeric"),
    ("entity_rate_on", "date"),
    ("entity_amount", "numeric"),
    ("tenant_amount", "numeric"),
    ("recoverable_tax", "numeric"),
    ("entity_recoverable_tax", "numeric"),
    ("posting_event", "text"),
    ("price_trace_id", "bigint"),
    ("source_kind", "text"),
    ("source_id", "bigint"),
    ("revision", "smallint"),
    ("leg", "smallint"),
    ("reversal_of_id", "bigint"),
    # What people wrote comes last.
    ("item", "text"),
    ("description", "text"),
)
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_DIMENSIONS = (
    "legal_entity_id", "contracting_unit_id", "resourcing_unit_id", "project_id", "task_id",
    "contract_id", "contract_line_id", "funding_source_id", "account_id", "resource_id",
    "role_id", "category_id",
)  # fmt: skip


class AlreadyPosted(Conflict):
    """The same effect of the same source and revision stands in the ledger already."""


@dataclass(frozen=True, slots=True)
class PostedBatch:
    """What one call recorded; ids in the order of the drafts."""

    batch_id: int
    actual_ids: list[int]


def post(
    *,
    drafts: Sequence[ActualDraft],
    actor: Actor,
    at: datetime,
    kind: str,
    post_on: date | None = None,
) -> PostedBatch:
    """Record actuals, whole or not at all. Cost grows with the batch, not with history.

    Each draft posts to the period of its work date when that is open, else on the first day of the
    entity's earliest open period after it; ``post_on`` asks for another date (today, for a release).
    Entity and tenant values that the draft leaves open are converted at the rate of the work date,
    rounded once. Must run inside a tenant's scope.

    Raises  PeriodClosed, RateMissing, UnknownDimension, AlreadyPosted, DomainError for an amount
            with more places than its currency has; NotOffered for anything but cost in a Lite firm;
            ValueError for an empty batch.
    Source  docs/rules/ledger.md, L-1 and L-3.
    """
    if not drafts:
        raise ValueError("an empty batch posts nothing; the caller knows that before")
    _check_amounts(drafts)
    dimensions.check({name: set(map(attrgetter(name), drafts)) - {None} for name in _DIMENSIONS})
    batch = ActualBatch.objects.create(
        tenant_id=actor.tenant_id,
        kind=kind,
        recorded_at=at,
        recorded_by_id=actor.membership_id,
    )
    values = _Values(actor.tenant_id, drafts)
    slots = _slots(drafts, post_on)
    ids = _next_ids(len(drafts))
    # A list, not a stream: rates are read on the connection that COPY would occupy.
    rows = list(_rows(drafts, ids, slots, values))
    try:
        with transaction.atomic():
            _insert(rows, batch, actor)
    except IntegrityError as error:
        raise refusal(error) from error
    return PostedBatch(batch.pk, ids)


def reverse_actuals(
    *, actual_ids: Sequence[int], actor: Actor, at: datetime, kind: str = "reversal"
) -> PostedBatch:
    """Post the exact mirror of each row; reversing one twice is refused by its key.

    Raises  DomainError for a row that does not exist or is a reversal; as ``post``.
    """
    posted = selectors.as_drafts(actual_ids)
    missing = [i for i in actual_ids if i not in posted]
    if missing:
        raise DomainError(f"There is no actual {missing[0]} here. Nothing was reversed.")
    return post(drafts=[reverse(i, posted[i]) for i in actual_ids], actor=actor, at=at, kind=kind)


def _check_amounts(drafts: Sequence[ActualDraft]) -> None:
    """Amounts are finite and in whole minor units: the door rounds nothing that it was given."""
    places: dict[str, int] = {}
    for draft in drafts:
        digits = places.get(draft.currency)
        if digits is None:
            digits = places[draft.currency] = minor_units(draft.currency)
        exponent = draft.amount.as_tuple().exponent
        if not isinstance(exponent, int) or (
            -exponent > digits and draft.amount != round_half_up(draft.amount, digits)
        ):
            raise DomainError(
                f"{draft.amount} {draft.currency} has more places than {draft.currency} has "
                f"({draft.source_kind} {draft.source_id}). Round it before it is posted.",
                field="amount",
            )


def _slots(drafts: Sequence[ActualDraft], post_on: date | None) -> list[PostingSlot]:
    calendars = selectors.periods_by_entity({draft.legal_entity_id for draft in drafts})
    found: dict[tuple[int, date], PostingSlot] = {}
    slots = []
    for draft in drafts:
        key = (draft.legal_entity_id, post_on or draft.work_on)
        slot = found.get(key)
        if slot is None:
            calendar = calendars.get(draft.legal_entity_id)
            if not calendar:
                raise PeriodClosed(
                    "The legal entity has no fiscal periods. Add its fiscal calendar first."
                )
            slot = found[key] = posting_slot(calendar, work_on=key[1])
        slots.append(slot)
    return slots


def _next_ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            # The sequence is looked up once, not once a row.
            "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence('ledger_actual', 'id')"
            "::regclass AS name OFFSET 0) s, generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


class _Values:
    """Entity and tenant values of a batch: rates are read once, and each is asked once.

    Raises  NotOffered for anything but cost where the firm's model knows no other actuals.
    """

    def __init__(self, tenant_id: int, drafts: Sequence[ActualDraft]) -> None:
        # Told by the query that asks for the currency anyway: no batch pays for the question.
        self.tenant_currency, model = Tenant.objects.values_list(
            "currency", features.model_of("pk")
        ).get(pk=tenant_id)
        if not offers(model, Feature.SALES_ACTUALS) and any(
            draft.type is not ActualType.COST for draft in drafts
        ):
            raise features.not_offered(Feature.SALES_ACTUALS)
        self.entity_currency: dict[int, str] = dict(
            LegalEntity.objects.filter(
                pk__in={draft.legal_entity_id for draft in drafts}
            ).values_list("id", "currency")
        )
        self._quotes: dict[tuple[str, str, date], FxQuote] = {}
        self._table: FxTable | None = None
        self._drafts = drafts

    def quote(self, from_currency: str, to_currency: str, on: date) -> FxQuote:
        key = (from_currency, to_currency, on)
        found = self._quotes.get(key)
        if found is None:
            if from_currency == to_currency:
                found = FxQuote(from_currency, to_currency, Decimal(1), on, (from_currency,), False)
            else:
                found = self._ask(from_currency, to_currency, on)
            self._quotes[key] = found
        return found

    def _ask(self, from_currency: str, to_currency: str, on: date) -> FxQuote:
        if self._table is None:
            parameters = TenantParameters.objects.get()
            self._base = parameters.fx_base_currency
            self._max_age_days = parameters.fx_max_age_days
            days = [draft.work_on for draft in self._drafts]
            currencies = {draft.currency for draft in self._drafts}
            currencies |= {self.tenant_currency, self._base, *self.entity_currency.values()}
            self._table = money.fx_table(
                currencies=currencies,
                from_on=min(days) - timedelta(days=self._max_age_days),
                until_on=max(days) + timedelta(days=1),
            )
        return self._table.rate(
            from_currency, to_currency, on, base=self._base, max_age_days=self._max_age_days
        )

    def worth(self, amount: Decimal, rate: Decimal, currency: str) -> Decimal:
        if rate == 1:
            return amount
        return round_half_up(EXACT.multiply(amount, rate), minor_units(currency))


def _rows(
    drafts: Sequence[ActualDraft], ids: list[int], slots: list[PostingSlot], values: _Values
) -> Iterator[tuple[Any, ...]]:
    for draft, actual_id, slot in zip(drafts, ids, slots, strict=True):
        entity_currency = values.entity_currency[draft.legal_entity_id]
        if draft.entity_amount is None or draft.entity_rate is None:
            quote = values.quote(draft.currency, entity_currency, draft.work_on)
            rate, rate_on = quote.rate, quote.rate_on
            entity_amount = values.worth(draft.amount, rate, entity_currency)
        else:
            rate, rate_on = draft.entity_rate, draft.entity_rate_on or draft.work_on
            entity_amount = draft.entity_amount
        if draft.tenant_amount is None:
            tenant_rate = values.quote(draft.currency, values.tenant_currency, draft.work_on).rate
            tenant_amount = values.worth(draft.amount, tenant_rate, values.tenant_currency)
        else:
            tenant_amount = draft.tenant_amount
        entity_tax = draft.entity_recoverable_tax
        if entity_tax is None:
            tax = draft.recoverable_tax
            entity_tax = values.worth(tax, rate, entity_currency) if tax else tax
        yield (
            actual_id,
            draft.type._value_,
            draft.work_on,
            slot.posting_on,
            slot.period_id,
            draft.legal_entity_id,
            draft.contracting_unit_id,
            draft.resourcing_unit_id,
            draft.project_id,
            draft.task_id,
            draft.contract_id,
            draft.contract_line_id,
            draft.funding_source_id,
            draft.account_id,
            draft.resource_id,
            draft.role_id,
            draft.category_id,
            draft.transaction_class._value_,
            draft.billing_type._value_ if draft.billing_type else "non_chargeable",
            draft.minutes,
            draft.quantity,
            draft.unit,
            draft.price if draft.price is not None else draft.amount,
            draft.currency,
            draft.amount,
            draft.list_amount if draft.list_amount is not None else draft.amount,
            entity_currency,
            rate,
            rate_on,
            entity_amount,
            tenant_amount,
            draft.recoverable_tax,
            entity_tax,
            draft.posting_event,
            draft.price_trace,
            draft.source_kind,
            draft.source_id,
            draft.revision,
            draft.leg,
            draft.reversal_of_id,
            draft.item,
            draft.description,
        )


def _insert(rows: Sequence[tuple[Any, ...]], batch: ActualBatch, actor: Actor) -> None:
    # Names come from the constants above, never from input.
    insert = (
        f"INSERT INTO ledger_actual ({_NAMES}, tenant_id, recorded_at, recorded_by_id, batch_id) "  # noqa: S608
        f"SELECT {_NAMES}, %s, %s, %s, %s FROM "
    )
    constants: list[Any] = [actor.tenant_id, batch.recorded_at, actor.membership_id, batch.pk]
    with connection.cursor() as cursor:
        if len(rows) <= COPY_FROM_ROWS:
            columns = list(zip(*rows, strict=True))
            arrays = ", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)
            cursor.execute(
                insert + f"unnest({arrays}) AS added({_NAMES})",
                [*constants, *[list(column) for column in columns]],
            )
            return
        # COPY into a table with row security is refused by PostgreSQL; into a temporary one it is
        # the fastest way in.
        shape = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
        cursor.execute(f"CREATE TEMPORARY TABLE added_actuals ({shape}) ON COMMIT DROP")
        with cursor.copy(f"COPY added_actuals ({_NAMES}) FROM STDIN (NULL 'None')") as copy:
            for text in _copy_blocks(rows):
                copy.write(text)
        cursor.execute(insert + "added_actuals", constants)
        cursor.execute("DROP TABLE added_actuals")


def _copy_blocks(rows: Sequence[tuple[Any, ...]], size: int = 2000) -> Iterator[str]:
    """Rows in COPY's text format, some thousand to a block; what is not known reads None there."""
    block: list[str] = []
    for row in rows:
        *plain, item, description = row
        line = "\t".join(map(str, plain))
        block.append(f"{line}\t{_escaped(item)}\t{_escaped(description)}\n")
        if len(block) == size:
            yield "".join(block)
            block.clear()
    if block:
        yield "".join(block)


def _escaped(text: str) -> str:
    if text == "None":
        return "\\None"  # the word, which COPY would take for nothing
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t")
        return text.replace("\n", "\\n").replace("\r", "\\r")
    return text


def refusal(error: IntegrityError) -> Exception:
    """The database's refusal as a sentence; anything unexpected stays what it was."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if constraint == "actual_once":
        return AlreadyPosted("This is posted already. Nothing was posted twice; reload the page.")
    if constraint == "actual_period_open":
        return PeriodClosed(
            "The period was closed while this was being posted. Try again: it will go to the "
            "earliest open period.",
            field="posting_on",
        )
    return error
