"""Whose decision an entry needs: the rule alone, and the desks that entries come to."""

from decimal import Decimal

import pytest

from timeexpense.rules.routing import Route, RoutedEntry, Step, next_step, steps_of

EXPENSE = RoutedEntry(
    "expense", is_internal=False, has_manager=True, has_named_approvers=False, category_id=7,
    unit_ids=(3, 1), legal_entity_id=9, amount=Decimal("500.01"),
)  # fmt: skip
OVER_500 = Route(2, 2, 1, "expense", amount_over=Decimal(500))


def entry(**changes: object) -> RoutedEntry:
    values = {name: getattr(EXPENSE, name) for name in EXPENSE.__slots__}
    return RoutedEntry(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("is_internal", "has_manager", "has_named", "awaits"),
    [
        (False, True, False, "project"),
        (False, False, False, "project"),
        (True, True, False, "manager"),
        (True, False, False, "project"),
        (True, True, True, "project"),
    ],
)
def test_work_for_no_customer_is_the_managers(
    is_internal: bool, has_manager: bool, has_named: bool, awaits: str
) -> None:
    asked = entry(is_internal=is_internal, has_manager=has_manager, has_named_approvers=has_named)
    assert steps_of(asked, []) == (Step(1, awaits),)


@pytest.mark.parametrize(("has_manager", "awaits"), [(True, "manager"), (False, "project")])
def test_work_of_a_projects_only_approver_is_the_managers(has_manager: bool, awaits: str) -> None:
    asked = entry(has_manager=has_manager, has_other_approvers=False)
    assert steps_of(asked, []) == (Step(1, awaits),)


@pytest.mark.parametrize(
    ("route", "fits"),
    [
        (Route(1, 1, 1), True),
        (Route(1, 1, 1, "time"), False),
        (Route(1, 1, 1, "expense"), True),
        (Route(1, 1, 1, category_id=7), True),
        (Route(1, 1, 1, category_id=8), False),
        (Route(1, 1, 1, unit_id=3), True),
        (Route(1, 1, 1, unit_id=1), True),  # the unit above
        (Route(1, 1, 1, unit_id=2), False),
        (Route(1, 1, 1, legal_entity_id=9), True),
        (Route(1, 1, 1, legal_entity_id=8), False),
        (Route(1, 1, 1, amount_over=Decimal("500.00")), True),
        (Route(1, 1, 1, amount_over=Decimal("500.01")), False),
    ],
)
def test_asks_for_what_the_rule_names(route: Route, fits: bool) -> None:
    wanted = Step(1, "route", 1) if fits else Step(1, "project")
    assert steps_of(EXPENSE, [route]) == (wanted,)


def test_an_amount_that_cannot_be_told_goes_to_the_stricter_desk() -> None:
    assert len(steps_of(entry(amount=None), [OVER_500])) == 2
    assert len(steps_of(entry(kind="time", amount=None), [OVER_500])) == 1


def test_at_each_level_the_first_that_fits_counts() -> None:
    routes = [
        Route(5, 2, 2), Route(4, 2, 1), Route(3, 2, 1, "time"), Route(6, 3, 1), Route(7, 1, 9),
    ]  # fmt: skip
    steps = steps_of(EXPENSE, routes)
    assert steps == (Step(1, "route", 7), Step(2, "route", 4), Step(3, "route", 6))
    assert next_step(steps, level=1) == Step(2, "route", 4)
    assert next_step(steps, level=3) is None
