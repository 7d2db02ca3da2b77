"""Journeys of the demo firm: a policy, a request, allowances, a card statement."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from projects.models import Project, TeamMember
from psa.core.actor import Actor
from psa.core.org.models import Resource, TransactionCategory
from timeexpense.rules.card_statement import Reading
from timeexpense.services import cards, expenses, policy_rules, travel
from timeexpense.services.expense_kinds import KindFields
from timeexpense.services.expenses import ExpenseDraft
from timeexpense.services.policy_rules import RuleDraft
from timeexpense.services.travel import TravelDraft

from .firm import cast_actor, instant

TRAVELLER: Final = "Ben Osei"
FINANCE: Final = "Fay Ashworth"
# Code, name, kind, category, limit in pounds, whether it blocks.
POLICY: Final = (
    ("HOTEL", "Hotels", "per_night", "lodging", 140, False),
    ("MEALS", "Meals", "per_day", "meals", 60, False),
    ("GUESTS", "Guests", "per_person", "entertainment", 55, False),
    ("REASON", "Reasons", "justification", "travel", 500, True),
)


def travel_policy(*, today_on: date, actor: Actor) -> None:
    """What the firm allows, from the start of the year on."""
    categories = dict(TransactionCategory.objects.values_list("code", "id"))
    for code, name, kind, category, limit, blocks in POLICY:
        policy_rules.save_rule(
            rule_id=None,
            draft=RuleDraft(
                code, name, kind, "block" if blocks else "flag", today_on.replace(month=1, day=1),
                category_id=categories[category], limit_amount=Decimal(limit), currency="GBP",
            ),
            actor=actor, at=instant(today_on, 7),
        )  # fmt: skip


def make_journeys(*, today_on: date) -> None:
    """One traveller's approved journey with its allowances, and a statement of the company card."""
    finance, traveller = cast_actor(FINANCE), cast_actor(TRAVELLER)
    travel_policy(today_on=today_on, actor=finance)
    person = Resource.objects.get(name=TRAVELLER)
    project = _project_of(person, today_on)
    if project is None:
        return
    at = instant(today_on, 8)
    starts_on = today_on - timedelta(days=4)
    request = travel.save_request(
        request_id=None,
        draft=TravelDraft(
            project.pk, "Workshop at the client", "Leeds", starts_on,
            today_on - timedelta(days=2), "GBP", "420",
        ),
        actor=traveller, at=at,
    )  # fmt: skip
    travel.submit_request(request_id=request.pk, actor=traveller, at=at)
    if project.manager is not None and project.manager.membership_id is not None:
        manager = cast_actor(project.manager.name)
        travel.decide(request_id=request.pk, approve=True, reason="", actor=manager, at=at)
        _spend(person, project, request.pk, starts_on, traveller, today_on)
    _ask_for_the_next(project, traveller, today_on)
    _card(person, finance, starts_on, today_on)


def _ask_for_the_next(project: Project, traveller: Actor, today_on: date) -> None:
    """A journey that waits for its decision."""
    starts_on = today_on + timedelta(days=10)
    asked = travel.save_request(
        request_id=None,
        draft=TravelDraft(
            project.pk, "Acceptance with the client", "Bristol", starts_on,
            starts_on + timedelta(days=1), "GBP", "310",
        ),
        actor=traveller, at=instant(today_on, 9),
    )  # fmt: skip
    travel.submit_request(request_id=asked.pk, actor=traveller, at=instant(today_on, 9))


def _project_of(person: Resource, on: date) -> Project | None:
    row = (
        TeamMember.objects.filter(
            resource=person, project__status=Project.Status.IN_DELIVERY,
            project__starts_on__lte=on - timedelta(days=5), project__ends_on__gte=on,
            project__is_internal=False, valid_from__lte=on - timedelta(days=5),
        )
        .select_related("project__manager")
        .order_by("project_id")
        .first()
    )  # fmt: skip
    return row.project if row else None


def _spend(
    person: Resource, project: Project, request_id: int, on: date, actor: Actor, today_on: date
) -> None:
    categories = dict(TransactionCategory.objects.values_list("code", "id"))
    at = instant(today_on, 8)
    report = expenses.create_report(
        title="Workshop in Leeds", travel_request_id=request_id, actor=actor, at=at
    )
    for code, amount, paid, merchant, text, fields in (
        ("mileage", "", "own", "", "To the client and back",
         KindFields(vehicle="Car or van", from_place="London", to_place="Leeds", distance="392")),
        ("per_diem", "", "own", "", "Days at the client",
         KindFields(place="GB:", ends_on=on + timedelta(days=2))),
        ("lodging", "318.00", "card", "Hotel Meridian", "Two nights", KindFields(nights=2)),
    ):  # fmt: skip
        expenses.add_expense(
            report_id=report.pk,
            draft=ExpenseDraft(
                category_id=categories[code], spent_on=on, currency="GBP", amount=amount,
                project_id=project.pk, payment_method=paid, merchant=merchant, description=text,
                kind_fields=fields,
            ),
            actor=actor, at=at,
        )  # fmt: skip
    expenses.submit_report(report_id=report.pk, actor=actor, at=at)


def _card(person: Resource, actor: Actor, on: date, today_on: date) -> None:
    at = instant(today_on, 8)
    cards.save_card(
        resource_id=person.pk, ending="4821", name="Travel card", currency="GBP", actor=actor, at=at
    )
    lines = (
        f"{on.isoformat()},318.00,GBP,HOTEL MERIDIAN LEEDS,4821",
        f"{on.isoformat()},12.40,GBP,STATION TAXI,4821",
        f"{(on + timedelta(days=1)).isoformat()},46.80,GBP,TRATTORIA VERDI,4821",
    )
    cards.import_statement(
        content="\n".join(("Date,Amount,Currency,Merchant,Card", *lines)).encode(),
        filename="card statement.csv", reading=Reading(), mapping={}, actor=actor, at=at,
    )  # fmt: skip
