"""Price lists: made, activated, ended, and followed by a new version with an uplift."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.money.rounding import EXACT, PRICE_PLACES, currency_of, round_half_up
from psa.core.org.models import LegalEntity, OrgUnit
from psa.core.pricing import owners
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.rules.types import TIME_UNITS, PriceContext

from .drafts import locked_draft, locked_list

OWNER_KINDS = frozenset(
    {
        owners.TENANT, owners.UNIT, owners.ACCOUNT, owners.CONTRACT, owners.QUOTE, owners.VENDOR,
        owners.SUBCONTRACT, owners.UNIT_PAIR, owners.ENTITY_PAIR,
    }
)  # fmt: skip
PAIR_KINDS = frozenset({owners.UNIT_PAIR, owners.ENTITY_PAIR})


def pair_owner(*, kind: str, lender_id: int, borrower_id: int) -> int:
    """The one owner id of a pair of units or legal entities.

    Raises  DomainError naming the side that is not of this firm, or if both are one.
    """
    model = OrgUnit if kind == owners.UNIT_PAIR else LegalEntity
    what = "unit" if kind == owners.UNIT_PAIR else "legal entity"
    known = set(model.objects.filter(pk__in=(lender_id, borrower_id)).values_list("id", flat=True))
    for field, one in (("owner_id", lender_id), ("borrower_id", borrower_id)):
        if one not in known:
            raise DomainError(f"There is no such {what}. Choose one of your organisation.", field)
    if lender_id == borrower_id:
        raise DomainError(f"A {what} does not lend to itself.", "borrower_id")
    return owners.pair_id(lender_id, borrower_id)


class Overlap(DomainError):
    """Two active lists of one context, owner and currency on the same day."""


def create_list(
    *,
    name: str,
    context: str,
    currency: str,
    valid_from: date,
    actor: Actor,
    at: datetime,
    valid_until: date | None = None,
    time_unit: str = "hour",
    hours_per_day: Decimal = Decimal(8),
    owner_kind: str = owners.TENANT,
    owner_id: int = 0,
    predecessor: PriceList | None = None,
) -> PriceList:
    """Make a draft list; `valid_until` is exclusive.

    Raises  PermissionDenied; DomainError for an unknown context, currency, unit or owner kind, an
            end before its start, or hours a day beyond 24.
    """
    actor.require(PricingPermission.MANAGE_LISTS)
    if context != PriceContext.SALES:
        actor.require(PricingPermission.VIEW_ALL_LISTS)
    _check(
        name=name,
        context=context,
        valid_from=valid_from,
        valid_until=valid_until,
        time_unit=time_unit,
        hours_per_day=hours_per_day,
        owner_kind=owner_kind,
    )
    made: PriceList = PriceList.objects.create(
        tenant_id=actor.tenant_id,
        name=name.strip(),
        context=context,
        currency=currency_of(currency).code,
        time_unit=time_unit,
        hours_per_day=hours_per_day,
        owner_kind=owner_kind,
        owner_id=owner_id,
        valid_from=valid_from,
        valid_until=valid_until,
        predecessor=predecessor,
        version=predecessor.version + 1 if predecessor else 1,
    )
    _recorded(actor, at, made, "pricing.list_created", f"Created the price list {made.name}.")
    return made


def edit_draft(
    *,
    list_id: int,
    name: str,
    valid_from: date,
    valid_until: date | None,
    time_unit: str,
    hours_per_day: Decimal,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> PriceList:
    """Change the head of a draft.

    Raises  PermissionDenied, NotFound, NotDraft, Conflict if it has changed since it was read.
    """
    row = locked_draft(list_id, actor)
    if row.lock_version != lock_version:
        raise Conflict(f"“{row.name}” was changed by somebody else meanwhile. Load it again.")
    _check(
        name=name,
        context=row.context,
        valid_from=valid_from,
        valid_until=valid_until,
        time_unit=time_unit,
        hours_per_day=hours_per_day,
        owner_kind=row.owner_kind,
    )
    changes = {
        field: (getattr(row, field), value)
        for field, value in {
            "name": name.strip(),
            "valid_from": valid_from,
            "valid_until": valid_until,
            "time_unit": time_unit,
            "hours_per_day": hours_per_day,
        }.items()
        if getattr(row, field) != value
    }
    PriceList.objects.filter(pk=row.pk).update(
        **{field: new for field, (_, new) in changes.items()}, lock_version=lock_version + 1
    )
    row.refresh_from_db()
    audit.record(
        actor=actor,
        at=at,
        event="pricing.list_edited",
        record_type="pricing.PriceList",
        record_id=row.pk,
        sentence=f"Edited the draft {row.name}.",
        changes=changes,
    )
    return row


@transaction.atomic
def activate_list(*, list_id: int, actor: Actor, at: datetime) -> PriceList:
    """Make a draft effective. The version before it ends where this one begins.

    A version that begins no later than the one before it replaces that one whole, which then
    counts as expired; what was priced with it keeps its trace.
    Raises  PermissionDenied, NotFound, NotDraft; DomainError if it has no lines; Overlap naming
            the list in the way.
    """
    row = locked_draft(list_id, actor)
    if not PriceLine.objects.filter(price_list=row).exists():
        raise DomainError(f"“{row.name}” has no lines. Add at least one, then activate it.")
    if row.predecessor_id is not None:
        _end_predecessor(row)
    _activate(row)
    _recorded(
        actor, at, row, "pricing.list_activated", f"Activated {row.name} from {row.valid_from}."
    )
    return row


def end_list(*, list_id: int, valid_until: date, actor: Actor, at: datetime) -> PriceList:
    """Set the day from which an active list is effective no more.

    Raises  PermissionDenied, NotFound; DomainError if it is a draft or would end before it starts;
            Overlap if a later end runs into the list after it.
    """
    row = locked_list(list_id, actor)
    if row.status != PriceList.Status.ACTIVE:
        raise DomainError(f"“{row.name}” is not active, so it has no end to set.", "valid_until")
    if valid_until <= row.valid_from:
        raise DomainError(
            f"“{row.name}” starts on {row.valid_from.isoformat()}; its end must be later.",
            "valid_until",
        )
    before = row.valid_until
    row.valid_until = valid_until
    _activate(row)
    audit.record(
        actor=actor,
        at=at,
        event="pricing.list_ended",
        record_type="pricing.PriceList",
        record_id=row.pk,
        sentence=f"{row.name} is effective until before {valid_until.isoformat()}.",
        changes={"valid_until": (before, valid_until)},
    )
    return row


def discard_draft(*, list_id: int, actor: Actor, at: datetime) -> None:
    """Delete a draft that was never active. Raises PermissionDenied, NotFound, NotDraft."""
    row = locked_draft(list_id, actor)
    name = row.name
    row.delete()
    audit.record(
        actor=actor,
        at=at,
        event="pricing.list_discarded",
        record_type="pricing.PriceList",
        record_id=list_id,
        sentence=f"Discarded the draft {name}.",
    )


@transaction.atomic
def new_version(
    *,
    list_id: int,
    valid_from: date,
    actor: Actor,
    at: datetime,
    valid_until: date | None = None,
    name: str = "",
    uplift_percent: Decimal = Decimal(0),
    uplift_percent_by_role: Mapping[int, Decimal] | None = None,
    round_to: Decimal | None = None,
) -> PriceList:
    """Copy a list into a draft of its next version, prices raised by percent (lowered if negative).

    A role's own percentage replaces the general one. Prices are rounded half up to a multiple of
    `round_to`, or to six places. Markups are copied as they are. Nothing of the old list changes
    until the draft is activated.
    Raises  PermissionDenied, NotFound; DomainError for an uplift of −100 % or less, or a step that
            is not above 0.
    Source  docs/rules/pricing.md, P-13.
    """
    old = locked_list(list_id, actor)
    by_role = dict(uplift_percent_by_role or {})
    for percent in (uplift_percent, *by_role.values()):
        if not percent.is_finite() or not -100 < percent <= 1000:
            raise DomainError("An uplift is above −100 % and at most 1,000 %.", "uplift_percent")
    if round_to is not None and (not round_to.is_finite() or round_to <= 0):
        raise DomainError("Prices are rounded to a step above 0.", "round_to")
    made = create_list(
        name=name or old.name,
        context=old.context,
        currency=old.currency,
        valid_from=valid_from,
        valid_until=valid_until,
        time_unit=old.time_unit,
        hours_per_day=old.hours_per_day,
        owner_kind=old.owner_kind,
        owner_id=old.owner_id,
        predecessor=old,
        actor=actor,
        at=at,
    )
    rows = []
    for line in PriceLine.objects.filter(price_list=old).order_by("pk"):
        line.pk = None
        line.price_list = made
        if line.method == PriceLine.Method.PRICE:
            percent = by_role.get(line.role_id, uplift_percent)
            line.value = uplifted(line.value, percent, round_to)
        rows.append(line)
    PriceLine.objects.bulk_create(rows, batch_size=1000)
    return made


def uplifted(price: Decimal, percent: Decimal, round_to: Decimal | None) -> Decimal:
    """`price` raised by `percent`, rounded half up once: to a step, or to six places."""
    exact = EXACT.divide(EXACT.multiply(price, EXACT.add(Decimal(100), percent)), Decimal(100))
    if round_to is None:
        return round_half_up(exact, PRICE_PLACES)
    return EXACT.multiply(round_half_up(EXACT.divide(exact, round_to), 0), round_to)


def _end_predecessor(row: PriceList) -> None:
    old = PriceList.objects.select_for_update(of=("self",)).get(pk=row.predecessor_id)
    if old.status != PriceList.Status.ACTIVE:
        return
    if old.valid_from >= row.valid_from:
        PriceList.objects.filter(pk=old.pk).update(status=PriceList.Status.EXPIRED)
    elif old.valid_until is None or old.valid_until > row.valid_from:
        PriceList.objects.filter(pk=old.pk).update(valid_until=row.valid_from)


def _activate(row: PriceList) -> None:
    try:
        with transaction.atomic():
            PriceList.objects.filter(pk=row.pk).update(
                status=PriceList.Status.ACTIVE,
                valid_until=row.valid_until,
                lock_version=row.lock_version + 1,
            )
    except IntegrityError as error:
        if "active_price_lists_do_not_overlap" not in str(error):
            raise
        raise _overlap(row) from None
    row.status = PriceList.Status.ACTIVE
    row.lock_version += 1


def _overlap(row: PriceList) -> Overlap:
    others = PriceList.objects.filter(
        status=PriceList.Status.ACTIVE,
        context=row.context,
        currency=row.currency,
        owner_kind=row.owner_kind,
        owner_id=row.owner_id,
    ).exclude(pk=row.pk)
    for other in others:
        starts_before_end = row.valid_until is None or other.valid_from < row.valid_until
        if starts_before_end and (other.valid_until is None or row.valid_from < other.valid_until):
            until = f" until before {other.valid_until}" if other.valid_until else ""
            return Overlap(
                f"“{other.name}” (version {other.version}) is active from {other.valid_from}"
                f"{until} for the same owner and currency. End it before {row.valid_from}, or "
                "choose other dates.",
                "valid_from",
            )
    return Overlap(
        "Another list for the same owner and currency became active for these dates just now. "
        "Load the lists again.",
        "valid_from",
    )


def _check(
    *,
    name: str,
    context: str,
    valid_from: date,
    valid_until: date | None,
    time_unit: str,
    hours_per_day: Decimal,
    owner_kind: str,
) -> None:
    if not name.strip():
        raise DomainError("A price list needs a name.", "name")
    if context not in {known.value for known in PriceContext}:
        raise DomainError(f"“{context}” is not a kind of price list.", "context")
    if owner_kind not in OWNER_KINDS:
        raise DomainError(f"A price list cannot belong to “{owner_kind}”.", "owner_kind")
    if (context == PriceContext.TRANSFER) != (owner_kind in PAIR_KINDS):
        raise DomainError(
            "A transfer list belongs to who lends and who borrows, any other list to one owner. "
            "Choose another kind, or another owner.",
            "owner",
        )
    if time_unit not in TIME_UNITS:
        raise DomainError("Time is priced per hour or per day.", "time_unit")
    if valid_until is not None and valid_until <= valid_from:
        raise DomainError("A price list must end after it starts.", "valid_until")
    if not hours_per_day.is_finite() or not 0 < hours_per_day <= 24:
        raise DomainError("A day has more than 0 and at most 24 hours.", "hours_per_day")


def _recorded(actor: Actor, at: datetime, row: PriceList, event: str, sentence: str) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="pricing.PriceList",
        record_id=row.pk,
        sentence=sentence,
    )
