"""Retainers: their terms, what each period used, and what reconciling it came to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Min, Q, QuerySet, Sum, When
from moneyed import Money

from billing.models import RetainerPeriod, RetainerReconciliation, RetainerTerms
from billing.rules import retainer
from billing.rules.retainer import Measure, RetainerOpening, RolledOver
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import REVERSAL, ActualType
from psa.core.money.rounding import EXACT
from sales.models import ContractLine

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PeriodView:
    """A period as its page shows it; quantities are minutes, or an amount."""

    period: RetainerPeriod
    title: str
    result: RetainerReconciliation | None
    allowance: Decimal | int | None
    used: Decimal | int | None
    is_next: bool  # the one to reconcile now

    @property
    def is_minutes(self) -> bool:
        return self.period.included_minutes is not None

    @property
    def next_allowance(self) -> Decimal | int | None:
        return None if self.result is None else _shown(self.result.next_allowance, self.period)


@dataclass(frozen=True, slots=True)
class RetainerPage:
    line: ContractLine
    terms: RetainerTerms
    periods: list[PeriodView]
    sees_amounts: bool


def retainer_lines(actor: Actor) -> "QuerySet[ContractLine]":
    return ContractLine.objects.filter(
        billing_method=ContractLine.Method.RETAINER,
        contract__in=visibility.contracts_visible_to(actor).values("pk"),
    ).select_related("contract__account", "contract__legal_entity")


def get_line(*, actor: Actor, line_id: int) -> ContractLine:
    """A retainer line with its contract. Raises  NotFound."""
    found: ContractLine = visibility.one(retainer_lines(actor), line_id, "retainer")
    return found


def get_period(*, actor: Actor, period_id: int) -> RetainerPeriod:
    """Raises  NotFound."""
    rows = RetainerPeriod.objects.filter(
        contract_line__in=retainer_lines(actor).values("pk")
    ).select_related("contract_line__contract__account", "contract_line__contract__legal_entity")
    found: RetainerPeriod = visibility.one(rows, period_id, "retainer period")
    return found


def retainers(*, actor: Actor, today: date) -> "QuerySet[Any]":
    """Retainer lines with how many ended periods wait to be reconciled. One query.

    `shown_amount` is None where the actor does not see the contract's rates.
    """
    waits = Q(retainer_periods__ends_on__lte=today, retainer_periods__reconciliations=None)
    return (
        retainer_lines(actor)
        .annotate(
            waiting=Count("retainer_periods", filter=waits),
            oldest_on=Min("retainer_periods__starts_on", filter=waits),
            shown_amount=Case(
                When(visibility.priced_contracts(actor), then=F("retainer_amount")), default=None
            ),
        )
        .values(
            "id", "name", "contract_id", "contract__number", "contract__account__name",
            "contract__currency", "shown_amount", "retainer_minutes", "waiting", "oldest_on",
        )
    )  # fmt: skip


def due_periods(
    *, until_on: date, legal_entity_id: int | None = None
) -> "QuerySet[RetainerPeriod]":
    """Periods that ended by a day (exclusive end) and are not reconciled, oldest first."""
    rows = RetainerPeriod.objects.filter(
        ends_on__lte=until_on,
        reconciliations=None,
        contract_line__contract__status__in=("confirmed", "completed"),
    )
    if legal_entity_id is not None:
        rows = rows.filter(contract_line__contract__legal_entity_id=legal_entity_id)
    return rows.order_by("contract_line_id", "starts_on")


def quantities_of(
    *, actor: Actor, result: RetainerReconciliation
) -> Mapping[str, Decimal | int | None]:
    """What reconciling a period came to, without amounts for who does not see the rates."""
    names = ("allowance", "used", "overage", "unused", "next_allowance")
    contract_id = result.period.contract_line.contract_id
    if result.measure != Measure.MINUTES and not visibility.sees_bill_rates(actor, contract_id):
        return dict.fromkeys(names)
    return {name: getattr(result, name) for name in names}


def retainer_page(*, actor: Actor, line_id: int, today: date) -> RetainerPage:
    """Four queries and the visibility. Raises  NotFound."""
    line = get_line(actor=actor, line_id=line_id)
    periods = list(RetainerPeriod.objects.filter(contract_line=line).order_by("starts_on"))
    results = {
        row.period_id: row
        for row in RetainerReconciliation.objects.filter(period__in=periods).select_related(
            "refund_note"
        )
    }
    terms = terms_of(line)
    used = _used_by_period(line, periods)
    views, opening, is_first = [], RetainerOpening(), True
    for period in periods:
        result = results.get(period.pk)
        allowance = None
        if result is not None:
            opening = opening_after(result)
        elif is_first:
            rules = rule_terms(line, terms, period)
            allowance = retainer.allowance_of(rules, opening)
        is_next = result is None and is_first and period.ends_on <= today
        is_first = is_first and result is not None
        views.append(
            PeriodView(
                period,
                title_of(period),
                result,
                _shown(result.allowance if result else allowance, period),
                _shown(result.used if result else used[period.pk], period),
                is_next,
            )
        )
    return RetainerPage(line, terms, views, visibility.sees_bill_rates(actor, line.contract_id))


def _shown(quantity: Decimal | None, period: RetainerPeriod) -> Decimal | int | None:
    """Whole minutes of a retainer of hours."""
    if quantity is None or period.included_minutes is None:
        return quantity
    return int(quantity)


def title_of(period: RetainerPeriod) -> str:
    """“September 2026”, or from when to when if it does not start on a 1st."""
    if period.starts_on.day == 1:
        return f"{period.starts_on:%B %Y}"
    return f"{period.starts_on:%-d %b} to {period.ends_on:%-d %b %Y}"


def terms_of(line: ContractLine) -> RetainerTerms:
    """The line's own, or the defaults unsaved."""
    found = RetainerTerms.objects.filter(contract_line=line).first()
    return found or RetainerTerms(tenant_id=line.tenant_id, contract_line=line)


def rule_terms(
    line: ContractLine, terms: RetainerTerms, period: RetainerPeriod
) -> retainer.RetainerTerms:
    """What the rules reconcile a period by."""
    currency = line.contract.currency
    is_minutes = period.included_minutes is not None
    rate = terms.overage_rate_per_hour
    return retainer.RetainerTerms(
        period_amount=Money(period.amount, currency),
        measure=Measure.MINUTES if is_minutes else Measure.AMOUNT,
        included=Decimal(period.included_minutes or 0) if is_minutes else period.amount,
        overage=retainer.OveragePolicy(line.retainer_overage_policy or "bill"),
        underuse=retainer.UnderusePolicy(line.retainer_underuse_policy or "expire"),
        overage_rate_per_hour=None if rate is None else Money(rate, currency),
        refund_percent=terms.refund_percent,
        rollover_periods=terms.rollover_periods,
        rollover_limit=terms.rollover_limit,
    )


def opening_after(result: RetainerReconciliation) -> RetainerOpening:
    """What a reconciled period leaves to the next one."""
    return RetainerOpening(
        tuple(RolledOver(Decimal(lot[0]), lot[1]) for lot in result.rolled_over),
        result.overage_owed,
    )


def consumption(line: ContractLine) -> "QuerySet[Actual]":
    """The ledger's rows of what the retainer's work used."""
    return Actual.objects.filter(
        contract_line_id=line.pk, actual_type=ActualType.RETAINER_CONSUMPTION
    )


@dataclass(frozen=True, slots=True)
class RetainerUse:
    """What one line's work used, by the ledger: rows of (day, minutes, value), the latest first.

    `standing` are those rows that are neither reversed nor a reversal.
    """

    rows: tuple[tuple[date, int, Decimal], ...] = ()
    standing: tuple[tuple[date, int, Decimal], ...] = ()

    def until(self, until_on: date, measure: Measure) -> Decimal:
        """All that was used before a day: minutes, or an amount."""
        in_minutes = measure is Measure.MINUTES
        return sum(
            (
                Decimal(minutes) if in_minutes else amount
                for on, minutes, amount in self.rows
                if on < until_on
            ),
            ZERO,
        )

    def worth_per_hour_of_last(self, minutes: Decimal, *, until_on: date) -> Decimal:
        """What the latest `minutes` before a day are worth per hour at their own rates."""
        left, value = minutes, ZERO
        for on, worked, amount in self.standing:
            if on >= until_on or worked <= 0:
                continue
            whole = Decimal(worked)
            taken = min(whole, left)
            value += EXACT.divide(EXACT.multiply(amount, taken), whole)
            left -= taken
            if not left:
                break
        return EXACT.divide(EXACT.multiply(value, Decimal(60)), minutes)


def use_of_lines(line_ids: Iterable[int]) -> Mapping[int, RetainerUse]:
    """By retainer line. One query."""
    rows: dict[int, list[tuple[date, int, Decimal]]] = defaultdict(list)
    standing: dict[int, list[tuple[date, int, Decimal]]] = defaultdict(list)
    found = (
        Actual.objects.filter(
            contract_line_id__in=list(line_ids), actual_type=ActualType.RETAINER_CONSUMPTION
        )
        .order_by("-work_on", "-id")
        .annotate(is_reversed=Q(reversals__isnull=False))
        .values_list(
            "contract_line_id", "work_on", "minutes", "amount", "source_kind", "is_reversed"
        )
    )
    for line_id, on, minutes, amount, source_kind, is_reversed in found:
        row = (on, minutes or 0, amount)
        rows[line_id].append(row)
        if source_kind != REVERSAL and not is_reversed:
            standing[line_id].append(row)
    return defaultdict(
        RetainerUse,
        {pk: RetainerUse(tuple(rows[pk]), tuple(standing[pk])) for pk in rows},
    )


def terms_of_lines(lines: Iterable[ContractLine]) -> Mapping[int, RetainerTerms]:
    """Each line's own, or the defaults unsaved. One query."""
    known = {
        row.contract_line_id: row
        for row in RetainerTerms.objects.filter(contract_line__in=[line.pk for line in lines])
    }
    return {
        line.pk: known.get(line.pk) or RetainerTerms(tenant_id=line.tenant_id, contract_line=line)
        for line in lines
    }


def results_of_lines(line_ids: Iterable[int]) -> dict[int, list[RetainerReconciliation]]:
    """What each line's periods came to so far. One query."""
    found: dict[int, list[RetainerReconciliation]] = defaultdict(list)
    for row in RetainerReconciliation.objects.filter(
        period__contract_line__in=list(line_ids)
    ).select_related("period"):
        found[row.period.contract_line_id].append(row)
    return found


def _used_by_period(line: ContractLine, periods: Sequence[RetainerPeriod]) -> Mapping[int, Decimal]:
    rows: Iterable[tuple[date, int | None, Decimal]] = (
        consumption(line)
        .order_by()
        .values_list("work_on")
        .annotate(minutes_sum=Sum("minutes"), value=Sum(F("amount")))
        .values_list("work_on", "minutes_sum", "value")
    )
    found = dict.fromkeys((period.pk for period in periods), ZERO)
    for on, minutes, value in rows:
        for period in periods:
            if period.starts_on <= on < period.ends_on:
                is_minutes = period.included_minutes is not None
                found[period.pk] += Decimal(minutes or 0) if is_minutes else value
                break
    return found
