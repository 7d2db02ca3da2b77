"""Expenses entered for other people, in bulk: drafts on a report of each person's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import Resource
from timeexpense.models import EntryState, ExpenseEntry, ExpenseReport
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import validation

from . import expenses
from .expenses import ExpenseDraft


@dataclass(frozen=True, slots=True)
class EnteredExpense:
    """What became of a draft: its entry, or the sentence that refused it."""

    entry_id: int | None
    sentence: str


@transaction.atomic
def enter_expenses(
    *, drafts: Sequence[tuple[int, ExpenseDraft]], title: str, actor: Actor, at: datetime
) -> list[EnteredExpense]:
    """Put drafts (person, expense) on one new report of each person; in the order given.

    What one of them refuses is its sentence; a person whose drafts are all refused gets no report.
    They are handed in and approved as any other.
    Raises  PermissionDenied without the permission to enter for others.
    """
    actor.require(TimeExpensePermission.ENTER_FOR_OTHERS)
    people = {p.pk: p for p in Resource.objects.filter(pk__in={person for person, _ in drafts})}
    reports: dict[int, ExpenseReport] = {}
    done = []
    for person_id, draft in drafts:
        person = people.get(person_id)
        if person is None:
            done.append(EnteredExpense(None, "There is no such person."))
            continue
        try:
            with transaction.atomic():
                report = reports.get(person_id) or expenses.start_report(
                    person, title=title, actor=actor, at=at
                )
                made = expenses.put_into(report, person, draft=draft, actor=actor, at=at)
        except DomainError as error:
            done.append(EnteredExpense(None, error.message))
            continue
        reports[person_id] = report
        warning = " ".join(finding.sentence for finding in made.findings)
        done.append(EnteredExpense(made.entry_id, warning))
    return done


@transaction.atomic
def withdraw_expenses(*, entry_ids: Sequence[int], actor: Actor, at: datetime) -> dict[int, str]:
    """Delete drafts as they were entered, and reports left empty; a sentence for each that stays.

    What was handed in, edited, given a receipt or approved stays: it is its person's by now.
    Raises  PermissionDenied without the permission to enter for others.
    """
    actor.require(TimeExpensePermission.ENTER_FOR_OTHERS)
    rows = list(
        ExpenseEntry.objects.select_for_update(of=("self",))
        .filter(pk__in=list(entry_ids))
        .order_by("pk")
    )
    kept: dict[int, str] = {}
    for row in rows:
        day = validation.day(row.spent_on)
        if row.state != EntryState.DRAFT:
            kept[row.pk] = f"The expense of {day} is {row.state} by now; it stays."
        elif row.lock_version != 1 or row.revision != 1 or row.has_receipt:
            kept[row.pk] = f"The expense of {day} was changed since; it stays."
    gone = [row for row in rows if row.pk not in kept]
    ExpenseEntry.objects.filter(pk__in=[row.pk for row in gone]).delete()
    ExpenseReport.objects.filter(
        pk__in={row.report_id for row in gone}, entries=None, lock_version=1
    ).delete()
    return kept
