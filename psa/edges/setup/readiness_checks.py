"""What may be missing in a firm's set-up, each a few set-based queries.

Names are examples, at most five of each; the count is of all. No price is ever named.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import TaxCode, TaxRate
from projects.models import Project, ProjectApprover, TeamMember
from projects.policies import BOOKABLE
from psa.core.access.models import Membership, MembershipRole, Role
from psa.core.jobs import registry
from psa.core.jobs.models import JobSchedule
from psa.core.ledger.models import FiscalPeriod, LedgerAccount, PostingProfile
from psa.core.ledger.rules.posting_profiles import FALLBACK, Slot
from psa.core.money import selectors as money
from psa.core.org import selectors as org
from psa.core.org.models import (
    CalendarException,
    LegalEntity,
    ManualControl,
    Resource,
    TransactionCategory,
    WorkCalendar,
    WorkInterval,
)
from psa.core.pricing import owners
from psa.core.pricing import selectors as pricing
from psa.core.pricing.models import PriceList
from psa.core.pricing.rules.resolution import resolve_many
from psa.core.pricing.rules.types import Unpriced
from sales.models import Contract

EXAMPLES: Final = 5
# A coverage larger than this is checked for its first combinations, and says so.
COMBINATIONS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: how many, some names, and whether work would stop at it."""

    count: int
    examples: tuple[str, ...] = ()
    note: str = ""


def _found(names: Iterable[str], note: str = "") -> Finding:
    every = list(names)
    return Finding(len(every), tuple(every[:EXAMPLES]), note)


# Organisation


def entities_incomplete(at: datetime) -> Finding:
    """Entities whose invoices would lack an address, a tax number or a bank account."""
    lacking = []
    for row in LegalEntity.objects.order_by("name"):
        wanted = {
            "address": row.address,
            "tax number": row.tax_id,
            "bank account": row.bank_iban,
        }
        missing = [word for word, value in wanted.items() if not value.strip()]
        if missing:
            lacking.append(f"{row.name}: no {', no '.join(missing)}")
    return _found(lacking)


def calendars_empty(at: datetime) -> Finding:
    """Calendars in use without weekly hours, or without any holiday this year or next."""
    used = WorkCalendar.objects.filter(
        Exists(Resource.objects.filter(calendar_id=OuterRef("pk")))
    ).annotate(
        has_hours=Exists(WorkInterval.objects.filter(calendar_id=OuterRef("pk"))),
        **{
            f"has_{name}": Exists(
                CalendarException.objects.filter(calendar_id=OuterRef("pk"), on__year=year)
            )
            for name, year in (("now", at.year), ("next", at.year + 1))
        },
    )
    lacking = []
    for row in used.order_by("name"):
        if not row.has_hours:
            lacking.append(f"{row.name}: no working hours")
        elif row.country:
            years = [
                str(year)
                for year, known in ((at.year, row.has_now), (at.year + 1, row.has_next))
                if not known
            ]
            if years:
                lacking.append(f"{row.name}: no holidays in {' and '.join(years)}")
    return _found(lacking)


def nobody_to_sell(at: datetime) -> Finding:
    """Whether anybody is employed, bookable, and in a role whose work is charged for."""
    if _chargeable_people(at).exists():
        return Finding(0)
    return _found(["Nobody with a chargeable role is on the staff"])


def _chargeable_people(at: datetime) -> QuerySet[Resource]:
    return Resource.objects.filter(
        Q(employed_until__isnull=True) | Q(employed_until__gt=at.date()),
        job_role__is_active=True,
        job_role__billing_type="chargeable",
        is_bookable=True,
    )


def people_gone(at: datetime) -> Finding:
    """People who have left, or cannot sign in, and still are on a team that works."""
    on = at.date()
    teams = TeamMember.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=on),
        resource_id=OuterRef("pk"),
        project__status__in=BOOKABLE,
    )
    gone = Resource.objects.filter(
        Q(employed_until__lte=on) | Q(membership__is_active=False), Exists(teams)
    )
    return _found(gone.order_by("name").values_list("name", flat=True))


def people_without_sign_in(at: datetime) -> Finding:
    """Employees whom nobody can sign in as: their time would never come in."""
    rows = Resource.objects.filter(
        Q(employed_until__isnull=True) | Q(employed_until__gt=at.date()),
        kind=Resource.Kind.EMPLOYEE,
        membership__isnull=True,
        is_bookable=True,
    )
    return _found(rows.order_by("name").values_list("name", flat=True))


# Users


def users_without_roles(at: datetime) -> Finding:
    rows = Membership.objects.filter(
        ~Exists(MembershipRole.objects.filter(membership_id=OuterRef("pk"))), is_active=True
    )
    return _found(rows.order_by("name").values_list("name", flat=True))


_DUTIES: Final = (
    ("timeexpense.approve", "approve time"),
    ("billing.confirm", "confirm invoices"),
    ("billing.approve", "approve invoices"),
    ("billing.record_payment", "record payments"),
    ("ledger.post", "post journals"),
    ("ledger.manage_periods", "close periods"),
    ("revenue.approve", "approve revenue"),
    ("pricing.manage_lists", "keep price lists"),
)


def duties_of_nobody(at: datetime) -> Finding:
    """What no active member may do. One query."""
    held: set[str] = set()
    for permissions in Role.objects.filter(
        Exists(MembershipRole.objects.filter(role_id=OuterRef("pk"), membership__is_active=True))
    ).values_list("permissions", flat=True):
        held.update(permissions)
    return _found(f"Nobody may {words}" for code, words in _DUTIES if code not in held)


# Prices and rates


def prices_missing(at: datetime) -> Finding:
    """Active role × unit × currency, as people are employed, without a sales or a cost price.

    Asked of the resolver that prices work. Currencies are those of entities and live contracts.
    """
    on = at.date()
    pairs = sorted(
        set(
            _chargeable_people(at).values_list(
                "job_role_id", "job_role__name", "org_unit_id", "org_unit__name"
            )
        )
    )
    if not pairs:
        return _found(_lists_missing())
    currencies = set(LegalEntity.objects.values_list("currency", flat=True)) | set(
        Contract.objects.filter(status=Contract.Status.CONFIRMED)
        .values_list("currency", flat=True)
        .distinct()
    )
    parents = org.unit_parents()
    asked = [
        (pair, context, currency)
        for pair in pairs
        for context, wanted in (("sales", sorted(currencies)), ("cost", [None]))
        for currency in wanted
    ]
    kept = asked[:COMBINATIONS]
    book = pricing.price_book(from_on=on, until_on=on)
    queries = []
    for (role_id, _, unit_id, _), context, currency in kept:
        up = org.units_up(unit_id, parents=parents)
        found = owners.cost_owners(up) if context == "cost" else owners.sales_owners(None, None, up)
        queries.append(
            pricing.time_query(
                context=context,
                on=on,
                owners=found,
                role_id=role_id,
                resourcing_unit_id=unit_id,
                currency=currency,
            )
        )
    missing = [
        f"{role} in {unit}: no {context} price" + (f" in {currency}" if currency else "")
        for ((_, role, _, unit), context, currency), answer in zip(
            kept, resolve_many(book, queries), strict=True
        )
        if isinstance(answer, Unpriced)
    ]
    note = f"{len(kept):,} combinations looked at."
    if len(kept) < len(asked):
        note = f"The first {len(kept):,} of {len(asked):,} combinations were looked at."
    return _found(missing, note)


def _lists_missing() -> list[str]:
    """What a firm lacks that has nobody to price yet."""
    active = set(PriceList.objects.filter(status="active").values_list("context", flat=True))
    wanted = {
        "sales": "There is no active sales price list",
        "cost": "There is no active cost price list",
    }
    return [words for context, words in wanted.items() if context not in active]


def rates_old(at: datetime) -> Finding:
    """Currencies in use whose last rate is older than the firm allows, or that have none."""
    terms = money.fx_terms()
    oldest = at.date() - timedelta(days=terms.max_age_days)
    known = {
        code
        for row in money.latest_rates(as_of=at.date())
        if row.on >= oldest
        for code in (row.from_currency, row.to_currency)
    }
    used = set(LegalEntity.objects.values_list("currency", flat=True)) | set(
        Contract.objects.filter(status=Contract.Status.CONFIRMED)
        .values_list("currency", flat=True)
        .distinct()
    )
    if len(used) < 2:
        return Finding(0)
    return _found(f"{code}: no rate since {oldest:%-d %b %Y}" for code in sorted(used - known))


# Books


def categories_unposted(at: datetime) -> Finding:
    """Categories in use whose revenue or cost account is missing or does not exist."""
    accounts = set(LedgerAccount.objects.values_list("code", flat=True))
    lacking = []
    for row in TransactionCategory.objects.filter(is_active=True).order_by("name"):
        wrong = [
            word
            for word, code in (
                ("revenue", row.revenue_account_code),
                ("cost", row.cost_account_code),
            )
            if code not in accounts
        ]
        if wrong:
            lacking.append(f"{row.name}: no {' and no '.join(wrong)} account")
    return _found(lacking)


def slots_unposted(at: datetime) -> Finding:
    """Slots that a posting rule names and no profile maps, nor what stands in. One query."""
    mapped = set(PostingProfile.objects.filter(event="").values_list("slot", flat=True))
    return _found(
        slot.replace("_", " ").capitalize()
        for slot in Slot
        if slot.value not in mapped and FALLBACK.get(slot, slot).value not in mapped
    )


def taxes_missing(at: datetime) -> Finding:
    """Entities without a default tax code, or whose default has no rate today."""
    dated = TaxRate.objects.filter(tax_code_id=OuterRef("pk"), valid_from__lte=at.date())
    defaults = dict(
        TaxCode.objects.filter(is_default=True)
        .annotate(is_rated=Exists(dated))
        .values_list("legal_entity_id", "is_rated")
    )
    lacking = []
    for pk, name in LegalEntity.objects.order_by("name").values_list("id", "name"):
        if pk not in defaults:
            lacking.append(f"{name}: no default tax code")
        elif not defaults[pk]:
            lacking.append(f"{name}: no tax rate today")
    return _found(lacking)


def series_missing(at: datetime) -> Finding:
    """Entities whose invoices would have no prefix, and so no number series of their own."""
    rows = LegalEntity.objects.filter(invoice_prefix="")
    return _found(rows.order_by("name").values_list("name", flat=True))


def periods_missing(at: datetime) -> Finding:
    """Entities without an open period today, or without one for next month."""
    on = at.date()
    following = (on.replace(day=28) + timedelta(days=4)).replace(day=1)
    lacking = []
    states = {
        (entity_id, day): state
        for day in (on, following)
        for entity_id, state in FiscalPeriod.objects.filter(
            starts_on__lte=day, ends_on__gt=day
        ).values_list("legal_entity_id", "state")
    }
    for pk, name in LegalEntity.objects.order_by("name").values_list("id", "name"):
        if states.get((pk, on)) != FiscalPeriod.State.OPEN:
            lacking.append(f"{name}: no open period today")
        elif (pk, following) not in states:
            lacking.append(f"{name}: no period for {following:%B %Y}")
    return _found(lacking)


# Work


def projects_without_approver(at: datetime) -> Finding:
    """Projects that take time and whose manager and approvers can none of them sign in."""
    approver = ProjectApprover.objects.filter(
        project_id=OuterRef("pk"), resource__membership__is_active=True
    )
    rows = Project.objects.filter(
        ~Exists(approver),
        Q(manager__membership__isnull=True) | Q(manager__membership__is_active=False),
        status__in=BOOKABLE,
    )
    names = rows.order_by("code").values_list("code", "name")
    return _found(f"{code} {name}" for code, name in names)


def approvers_of_themselves(at: datetime) -> Finding:
    """Projects where the manager alone approves and books time: nobody could approve theirs."""
    if org.parameters().self_approval_allowed:
        return Finding(0)
    other = ProjectApprover.objects.filter(
        project_id=OuterRef("pk"), resource__membership__is_active=True
    ).exclude(resource_id=OuterRef("manager_id"))
    on_team = TeamMember.objects.filter(
        project_id=OuterRef("pk"), resource_id=OuterRef("manager_id")
    )
    rows = Project.objects.filter(~Exists(other), Exists(on_team), status__in=BOOKABLE)
    names = rows.order_by("code").values_list("code", "name")
    return _found(f"{code} {name}" for code, name in names)


# Running


def schedules_stopped(at: datetime) -> Finding:
    """Schedules that are off, or an hour behind: nobody runs them."""
    rows = JobSchedule.objects.filter(
        Q(is_active=False) | Q(next_due_at__lt=at - timedelta(hours=1)),
        kind__in=[kind.kind for kind in registry.all_kinds() if kind.schedule is not None],
    ).order_by("title")
    stopped = [f"{row.title}: {'behind' if row.is_active else 'off'}" for row in rows]
    if not JobSchedule.objects.exists():
        stopped.append("No schedule was started yet: the scheduler does not run")
    return _found(stopped)


def controls_waiting(at: datetime) -> Finding:
    rows = ManualControl.objects.filter(is_active=True, acknowledged_at__isnull=True)
    return _found(rows.order_by("id").values_list("policy_rule", flat=True))
