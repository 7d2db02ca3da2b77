"""The expense policy in force, what it needs to know, and what it found."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.money import selectors as money
from psa.core.money.fx import RateMissing
from timeexpense import policies
from timeexpense.models import (
    EntryState,
    ExpenseEntry,
    FlagAcknowledgement,
    PerDiemRate,
    PolicyRule,
    TravelRequest,
)
from timeexpense.rules import expense_policy
from timeexpense.rules.expense_policy import PREFIX, PolicyFact, PolicyTerms, Rates
from timeexpense.rules.validation import Finding


def rules() -> "QuerySet[Any]":
    """The rows of the list of rules."""
    return PolicyRule.objects.values(
        "id", "code", "name", "kind", "category__name", "limit_amount", "currency", "action",
        "valid_from", "valid_until",
    )  # fmt: skip


def get_rule(rule_id: int) -> PolicyRule:
    """Raises  NotFound."""
    found: PolicyRule | None = PolicyRule.objects.filter(pk=rule_id).first()
    if found is None:
        raise NotFound("There is no such rule.")
    return found


def _terms() -> list[PolicyTerms]:
    return [
        PolicyTerms(
            row.code, row.name, row.kind, row.action == PolicyRule.Action.BLOCK, row.category_id,
            row.valid_from, row.valid_until,
            None if row.limit_amount is None else Money(row.limit_amount, row.currency),
        )
        for row in PolicyRule.objects.order_by("name", "id")
    ]  # fmt: skip


def findings_of(rows: Sequence[ExpenseEntry]) -> dict[int, tuple[Finding, ...]]:
    """What the policy finds on stored expenses, by id. Constant queries; one without rules."""
    terms = _terms()
    if not terms or not rows:
        return {row.pk: () for row in rows}
    facts = _facts(rows)
    rates = _rates(terms, list(facts.values()))
    return {
        entry_id: expense_policy.policy_findings(fact, terms, rates=rates)
        for entry_id, fact in facts.items()
    }


def _facts(rows: Sequence[ExpenseEntry]) -> dict[int, PolicyFact]:
    totals = _day_totals(rows)
    travel = _approved_travel({row.report_id for row in rows})
    caps = _lodging_caps(rows)
    names = dict(
        ExpenseEntry.objects.filter(id__in=[row.pk for row in rows]).values_list(
            "id", "category__name"
        )
    )
    found = {}
    for row in rows:
        journey = travel.get(row.report_id)
        key = (row.resource_id, row.category_id, row.spent_on, row.currency)
        found[row.pk] = PolicyFact(
            row.category_id, names[row.pk], row.spent_on, Money(row.amount, row.currency),
            Money(totals[key], row.currency), row.nights,
            expense_policy.people_of(row.attendees), row.has_receipt, row.justification,
            journey is not None and journey[0] <= row.spent_on <= journey[1], caps.get(row.pk),
        )  # fmt: skip
    return found


def _day_totals(rows: Sequence[ExpenseEntry]) -> dict[tuple[int, int, date, str], Decimal]:
    """What each person spent on a category on each of these days, by currency. One query."""
    return {
        (resource_id, category_id, on, currency): total
        for resource_id, category_id, on, currency, total in ExpenseEntry.objects.filter(
            resource_id__in={row.resource_id for row in rows},
            category_id__in={row.category_id for row in rows},
            spent_on__in={row.spent_on for row in rows},
        )
        .order_by()
        .values_list("resource_id", "category_id", "spent_on", "currency")
        .annotate(total=Sum("amount"))
    }


def _approved_travel(report_ids: Collection[int]) -> dict[int, tuple[date, date]]:
    """By report: the days of its approved travel request. One query."""
    rows = TravelRequest.objects.filter(
        reports__id__in=report_ids, state=TravelRequest.State.APPROVED
    ).values_list("reports__id", "starts_on", "ends_on")
    return {report_id: (starts_on, ends_on) for report_id, starts_on, ends_on in rows}


def _lodging_caps(rows: Sequence[ExpenseEntry]) -> dict[int, Money]:
    """What the rate table of each person's employer allows a night where they stayed. Two queries."""
    staying = [row for row in rows if row.nights and row.country]
    if not staying:
        return {}
    schemes = dict(
        ExpenseEntry.objects.filter(id__in=[row.pk for row in staying]).values_list(
            "id", "resource__org_unit__legal_entity__country"
        )
    )
    tables = list(
        PerDiemRate.objects.filter(
            scheme__in=set(schemes.values()),
            country__in={row.country for row in staying},
            lodging_amount__isnull=False,
        )
    )
    found = {}
    for row in staying:
        for table in tables:
            if (table.scheme, table.country, table.place) == (
                schemes[row.pk], row.country, row.place,
            ) and table.valid_from <= row.spent_on < (table.valid_until or date.max):  # fmt: skip
                found[row.pk] = Money(table.lodging_amount, table.currency)
    return found


def _rates(terms: Sequence[PolicyTerms], facts: Sequence[PolicyFact]) -> Rates:
    """From the currencies of limits to those of these expenses, on their days. Two queries."""
    limits = {term.limit.currency.code for term in terms if term.limit is not None}
    limits |= {fact.lodging_cap.currency.code for fact in facts if fact.lodging_cap is not None}
    wanted = {
        (code, fact.amount.currency.code, fact.spent_on)
        for fact in facts
        for code in limits
        if code != fact.amount.currency.code
    }
    if not wanted:
        return Rates()
    fx = money.fx_terms()
    days = [on for _, _, on in wanted]
    table = money.fx_table(
        currencies={code for one, other, _ in wanted for code in (one, other)},
        from_on=min(days) - timedelta(days=fx.max_age_days),
        until_on=max(days),
        terms=fx,
    )
    found: dict[tuple[str, str, date], Decimal] = {}
    for from_currency, to_currency, on in wanted:
        try:
            quote = table.rate(
                from_currency, to_currency, on, base=fx.base_currency, max_age_days=fx.max_age_days
            )
        except RateMissing:
            continue
        found[from_currency, to_currency, on] = quote.rate
    return Rates(found)


def unacknowledged(entry_ids: Collection[int], *, actor: Actor) -> dict[int, str]:
    """By expense: the first thing that the policy flags and this approver has not acknowledged.

    Two queries, one where nothing is flagged.
    """
    flagged: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for entry_id, revision, flags in (
        ExpenseEntry.objects.filter(id__in=entry_ids, state=EntryState.SUBMITTED)
        .exclude(flags=[])
        .values_list("id", "revision", "flags")
    ):
        for flag in flags:
            if flag.get("code", "").startswith(PREFIX):
                flagged[entry_id].append((revision, flag["code"], flag["sentence"]))
    if not flagged:
        return {}
    seen = set(
        FlagAcknowledgement.objects.filter(
            entry_kind="expense", entry_id__in=flagged, acknowledged_by_id=actor.membership_id
        ).values_list("entry_id", "revision", "code", "sentence")
    )
    found: dict[int, str] = {}
    for entry_id, flags in flagged.items():
        for revision, code, sentence in flags:
            # Another sentence is another finding: what was handed in anew is looked at anew.
            if (entry_id, revision, code, sentence[:400]) not in seen:
                found.setdefault(entry_id, sentence)
    return found


@dataclass(frozen=True, slots=True)
class FlagToSee:
    """What the policy flags on one expense, and who has acknowledged it."""

    code: str
    sentence: str
    seen_by: tuple[str, ...]
    is_seen_by_me: bool


def flags_to_see(entry_id: int, *, actor: Actor) -> tuple[FlagToSee, ...]:
    """The policy's flags on an expense of the approver's inbox. Two queries."""
    row = ExpenseEntry.objects.filter(pk=entry_id).values_list("revision", "flags").first()
    flags = [flag for flag in row[1] if flag.get("code", "").startswith(PREFIX)] if row else []
    if not row or not flags:
        return ()
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    mine = set()
    for code, sentence, name, member_id in FlagAcknowledgement.objects.filter(
        entry_kind="expense", entry_id=entry_id, revision=row[0]
    ).values_list("code", "sentence", "acknowledged_by__name", "acknowledged_by_id"):
        names[code, sentence].append(name)
        if member_id == actor.membership_id:
            mine.add((code, sentence))
    return tuple(
        FlagToSee(flag["code"], flag["sentence"], tuple(names[key]), key in mine)
        for flag in flags
        if (key := (flag["code"], flag["sentence"][:400]))
    )


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding of the policy on one expense, with the approver's word on it."""

    id: str
    report_id: int
    report: str
    person: str
    on: date
    category: str
    project: str
    amount: Money
    rule: str
    sentence: str
    state: str
    acknowledged_by: str
    acknowledged_at: datetime | None


MOST_VIOLATIONS = 2_000


def violations(*, actor: Actor) -> list[Violation]:
    """What the policy found on expenses that the actor may see, the newest first. Two queries.

    An expense is counted once it was handed in; one taken back is not.
    """
    rows = list(
        policies.visible_expenses(actor)
        .filter(~Q(flags=[]), state__in=[EntryState.SUBMITTED, EntryState.APPROVED])
        .order_by("-spent_on", "-id")
        .values_list(
            "id", "report_id", "report__number", "resource__name", "spent_on", "category__name",
            "project__name", "amount", "currency", "flags", "state", "revision",
        )[:MOST_VIOLATIONS]
    )  # fmt: skip
    words = _words_of([row[0] for row in rows])
    found = []
    for (
        pk, report_id, number, person, on, category, project, amount, currency, flags, state,
        revision,
    ) in rows:  # fmt: skip
        for flag in flags:
            code = flag.get("code", "")
            if not code.startswith(PREFIX):
                continue
            who, when = words.get((pk, revision, code, flag["sentence"][:400]), ("", None))
            found.append(
                Violation(
                    f"{pk}:{code}", report_id, number, person, on, category, project,
                    Money(amount, currency), code.removeprefix(PREFIX), flag["sentence"], state,
                    who, when,
                )
            )  # fmt: skip
    return found


def _words_of(
    entry_ids: Sequence[int],
) -> Mapping[tuple[int, int, str, str], tuple[str, datetime]]:
    found: dict[tuple[int, int, str, str], tuple[str, datetime]] = {}
    for entry_id, revision, code, sentence, name, at in (
        FlagAcknowledgement.objects.filter(entry_kind="expense", entry_id__in=entry_ids)
        .order_by("id")
        .values_list(
            "entry_id", "revision", "code", "sentence", "acknowledged_by__name", "acknowledged_at"
        )
    ):
        key = (entry_id, revision, code, sentence)
        former = found.get(key)
        found[key] = (f"{former[0]}, {name}" if former else name, at)
    return found
