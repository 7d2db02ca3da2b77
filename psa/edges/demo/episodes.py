"""What makes a firm's months unlike each other: expenses, corrections, and work for today's approvers."""

import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from django.db.models import Q

from billing.models import Invoice, InvoiceLine, Proposal, ProposalLine
from billing.rules.types import Remainder
from billing.services import credits, review
from billing.services.credits import CreditLine
from billing.services.review import LineChange
from projects.models import Project, TeamMember
from projects.services import team
from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.org.models import Resource, TransactionCategory
from sales.models import ContractLine
from timeexpense.models import EntryState, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import routing
from timeexpense.services import (
    approvals,
    delegations,
    expenses,
    recalls,
    returns,
    routes,
    time_entries,
    weeks,
)
from timeexpense.services.expenses import ExpenseDraft, Upload
from timeexpense.services.routes import RouteInput
from timeexpense.services.time_entries import TimeDraft

from . import paying, travelling
from .firm import cast_actor, instant

TRAVELLERS: Final = (
    "Priya Raman", "Ben Osei", "Mei Tanaka", "Jonas Weber", "Lakshmi Iyer", "Nadia Farouk",
    "Tomas Keller",
)  # fmt: skip
# Category, merchant, text, amount in pounds from and to, whether the tax in it is recovered.
SPENDING: Final = (
    ("travel", "National Rail", "Return ticket to the client", 60, 190, False),
    ("travel", "City Taxi", "Taxi from the station", 14, 38, False),
    ("lodging", "Hotel Meridian", "Two nights at the client's site", 160, 320, True),
    ("meals", "Trattoria Verdi", "Working dinner with the client", 32, 90, True),
    ("software", "Cloud Sandbox Ltd", "Test environment for the month", 80, 240, True),
)
_TAX: Final = {"GBP": Decimal(20), "EUR": Decimal(19), "INR": Decimal(18)}
_SCALE: Final = {"GBP": Decimal(1), "EUR": Decimal("1.15"), "INR": Decimal(38)}
EVERY_CREDIT = 14
EVERY_REVIEW = 9


def spend_month(*, month_on: date, until_on: date, seed: int) -> int:
    """The travellers' expense reports of a month, with receipts, handed in. How many expenses."""
    rng = Random(f"{seed}-expenses-{month_on.isoformat()}")
    categories = dict(
        TransactionCategory.objects.filter(transaction_class="expense").values_list("code", "id")
    )
    count = 0
    for number, name in enumerate(TRAVELLERS):
        if (number + month_on.month) % 2:
            # Each travels every second month.
            continue
        actor = cast_actor(name)
        person = Resource.objects.select_related("org_unit__legal_entity").get(name=name)
        project = _project_of(person, month_on)
        days = [month_on + timedelta(days=n) for n in range(2, 27, 7)]
        days = [day for day in days if day < until_on]
        if project is None or not days or not actor.has(TimeExpensePermission.ENTER):
            continue
        report = expenses.create_report(
            title=f"{project.name}, {month_on:%B %Y}", actor=actor, at=instant(days[-1], 18)
        )
        for kind in rng.sample(SPENDING, 2):
            draft = _expense(kind, person, project, rng.choice(days), categories, rng)
            expenses.add_expense(
                report_id=report.pk, draft=draft, receipts=[_receipt(draft, report.number)],
                actor=actor, at=instant(days[-1], 18),
            )  # fmt: skip
            count += 1
        expenses.submit_report(report_id=report.pk, actor=actor, at=instant(days[-1], 18))
    return count


def _project_of(person: Resource, on: date) -> Project | None:
    """A client project that the person is on for the whole month, if any."""
    row = (
        TeamMember.objects.filter(
            resource=person, project__is_internal=False, project__starts_on__lte=on,
            project__ends_on__gte=on + timedelta(days=30), valid_from__lte=on,
            project__status=Project.Status.IN_DELIVERY,
        )
        .select_related("project")
        .order_by("project_id")
        .first()
    )  # fmt: skip
    return row.project if row else None


def _expense(
    kind: tuple[str, str, str, int, int, bool],
    person: Resource,
    project: Project,
    spent_on: date,
    categories: dict[str, int],
    rng: Random,
) -> ExpenseDraft:
    code, merchant, text, low, high, has_tax = kind
    currency = person.org_unit.legal_entity.currency
    amount = (Decimal(rng.randrange(low * 100, high * 100)) / 100 * _SCALE[currency]).quantize(
        Decimal("0.01")
    )
    rate = _TAX[currency]
    tax = (amount * rate / (100 + rate)).quantize(Decimal("0.01")) if has_tax else Decimal(0)
    return ExpenseDraft(
        category_id=categories[code], spent_on=spent_on, currency=currency, amount=str(amount),
        project_id=project.pk, tax_amount=str(tax) if tax else "",
        payment_method="card" if code in ("lodging", "software") else "own", merchant=merchant,
        description=text,
    )  # fmt: skip


def _receipt(draft: ExpenseDraft, report: str) -> Upload:
    """A small receipt; its words make every file another."""
    from reportlab.lib.pagesizes import A6
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    page = Canvas(out, pagesize=A6, invariant=1)
    for row, text in enumerate(
        (draft.merchant, draft.description, f"{draft.spent_on:%d %B %Y}",
         f"{draft.currency} {draft.amount}", f"VAT {draft.tax_amount or '0.00'}", f"Ref. {report}")
    ):  # fmt: skip
        page.drawString(24, 380 - 22 * row, text)
    page.save()
    return Upload(
        f"receipt {draft.spent_on:%Y-%m-%d} {draft.merchant}.pdf", io.BytesIO(out.getvalue())
    )


def review_drafts(*, drafts: Sequence[Proposal], on: date) -> None:
    """The billing manager takes an hour off a line of some drafts: written off, or left in backlog."""
    bill = cast_actor("Bill Mercer")
    for number, draft in enumerate(drafts):
        if (draft.pk + number) % EVERY_REVIEW:
            continue
        line = (
            ProposalLine.objects.filter(proposal=draft, minutes__gte=240, amount__gt=0)
            .order_by("position")
            .first()
        )
        if line is None:
            continue
        remainder = Remainder.BACKLOG if draft.pk % 2 else Remainder.WRITE_OFF
        review.change_line(
            proposal_id=draft.pk, line_id=line.pk,
            change=LineChange(minutes=(line.minutes or 0) - 60, remainder=remainder),
            reason="Agreed with the client: handover not charged",
            lock_version=Proposal.objects.values_list("lock_version", flat=True).get(pk=draft.pk),
            actor=bill, at=instant(on, 9),
        )  # fmt: skip


def correct_month(*, month_on: date, seed: int) -> int:
    """Credit notes of a month on earlier invoices: some re-billed, some written off. How many."""
    bill = cast_actor("Bill Mercer")
    credited_on = month_on + timedelta(days=9)
    rng = Random(f"{seed}-credits-{month_on.isoformat()}")
    earlier = (
        Invoice.objects.filter(
            kind=Invoice.Kind.INVOICE, issued_on__lt=month_on,
            issued_on__gte=month_on - timedelta(days=31), balances__open_amount__gt=0,
        )
        .exclude(pk__in=Invoice.objects.filter(corrects__isnull=False).values("corrects_id"))
        .order_by("id")
    )  # fmt: skip
    count = 0
    for invoice in earlier:
        if invoice.pk % EVERY_CREDIT:
            continue
        line = (
            InvoiceLine.objects.filter(invoice=invoice, net_amount__gt=0, minutes__gt=0)
            .order_by("position")
            .first()
        )
        if line is None:
            continue
        is_rebilled = rng.random() < 0.5
        credits.credit_invoice(
            invoice_id=invoice.pk,
            lines=[
                CreditLine(
                    line.pk, Decimal(0), Remainder.BACKLOG if is_rebilled else Remainder.WRITE_OFF
                )
            ],
            reason="Wrong cost centre, to be invoiced again" if is_rebilled
            else "Day not accepted by the client",
            credited_on=credited_on, actor=bill, at=instant(credited_on, 10),
        )  # fmt: skip
        count += 1
    return count


def add_exceptions(*, tenant_id: int, today_on: date) -> None:
    """What waits for people today: no price, a closed month, a recall, a return, a strange day."""
    operator = actors.for_operator(tenant_id)
    at = instant(today_on, 8)
    project = _live_project(today_on)
    if project is None:
        return
    last_friday = today_on - timedelta(days=(today_on.weekday() - 4) % 7 or 7)
    members = list(
        Resource.objects.filter(pk__in=_team_of(project)).exclude(pk=project.manager_id)
        .order_by("code")
    )  # fmt: skip
    rae = Resource.objects.get(name="Rae Lindholm")
    team.add_team_member(
        project_id=project.pk, resource_id=rae.pk, valid_from=project.starts_on, actor=operator,
        at=at,
    )  # fmt: skip
    first, second = members[0], members[-1]
    late_on = _workday(today_on.replace(day=1) - timedelta(days=50))
    odd = [
        TimeDraft(
            rae.pk, project.pk, last_friday, 240, description="Staffing review with the client"
        ),
        TimeDraft(
            first.pk, project.pk, last_friday + timedelta(days=1), 300, description="Cut-over"
        ),
        TimeDraft(second.pk, project.pk, last_friday - timedelta(days=1), 180, description=""),
        TimeDraft(
            second.pk, project.pk, late_on, 120, description="Forgotten: test data corrected"
        ),
    ]
    task_id = _any_task(project)
    outcomes = time_entries.enter_time(
        entries=[_on_task(draft, task_id) for draft in odd], actor=operator, at=at
    )
    ids = [one.entry_id for one in outcomes if one.entry_id is not None]
    weeks.submit_entries(entry_ids=ids, actor=operator, at=at)
    manager = cast_actor(project.manager.name)
    decided = TimeEntry.objects.filter(Q(resource=rae) | Q(work_on=late_on), pk__in=ids)
    approvals.approve_entries(
        entries=[("time", pk) for pk in decided.order_by("id").values_list("id", flat=True)],
        actor=manager, at=at,
    )  # fmt: skip
    _ask_for_a_recall(today_on)
    waiting = TimeEntry.objects.filter(
        project=project, state=EntryState.SUBMITTED, resource=first
    ).order_by("id")[:1]
    if waiting:
        returns.return_entries(
            entries=[("time", waiting[0].pk)], reason="Which work package is this? Please say.",
            actor=manager, at=at,
        )  # fmt: skip
    _expense_without_receipt(today_on)
    travelling.make_journeys(today_on=today_on)
    paying.draft_batches(today_on=today_on)
    _approval_rules(project, operator, at, today_on)


def _approval_rules(project: Project, operator: Actor, at: datetime, today_on: date) -> None:
    """Large expenses go to finance too, and the manager has a deputy for the week after next."""
    routes.save_route(
        route=RouteInput(
            "Expenses over 1,000 need finance", level=2, entry_kind="expense",
            amount_over=Decimal(1000), approver_role="finance_manager",
        ),
        actor=operator, at=at,
    )  # fmt: skip
    approver_id = project.manager.membership_id
    able = sorted(routing.approving_members() - {approver_id})
    if approver_id is None or not able:
        return
    monday = today_on + timedelta(days=14 - today_on.weekday())
    delegations.name_deputy(
        approver_id=approver_id, delegate_id=able[0], from_on=monday,
        until_on=monday + timedelta(days=11), reason="Annual leave", actor=operator, at=at,
    )  # fmt: skip


def _live_project(on: date) -> Project | None:
    """A project in delivery under a time-and-material line, managed by one of the cast."""
    found: Project | None = (
        Project.objects.filter(
            status=Project.Status.IN_DELIVERY, is_internal=False, ends_on__gt=on,
            contract__lines__billing_method=ContractLine.Method.TIME_AND_MATERIAL,
        )
        .select_related("manager")
        .order_by("id")
        .first()
    )  # fmt: skip
    return found


def _team_of(project: Project) -> list[int]:
    rows = TeamMember.objects.filter(project=project)
    return list(rows.order_by("resource_id").values_list("resource_id", flat=True))


def _any_task(project: Project) -> int | None:
    found: int | None = (
        project.tasks.filter(is_summary=False, is_milestone=False)
        .order_by("position")
        .values_list("id", flat=True)
        .first()
    )
    return found


def _on_task(draft: TimeDraft, task_id: int | None) -> TimeDraft:
    return TimeDraft(
        draft.resource_id, draft.project_id, draft.work_on, draft.minutes, task_id=task_id,
        description=draft.description,
    )  # fmt: skip


def _workday(on: date) -> date:
    return on - timedelta(days=max(0, on.weekday() - 4))


def _ask_for_a_recall(today_on: date) -> None:
    ben = cast_actor("Ben Osei")
    entry = (
        TimeEntry.objects.filter(
            resource__membership_id=ben.membership_id, state=EntryState.APPROVED,
            work_on__lt=today_on,
        )
        .order_by("-work_on", "-id")
        .first()
    )  # fmt: skip
    if entry is not None:
        recalls.request_recall(
            kind="time", entry_id=entry.pk, reason="It was only half a day", actor=ben,
            at=instant(today_on, 8),
        )  # fmt: skip


def _expense_without_receipt(today_on: date) -> None:
    actor = cast_actor("Priya Raman")
    person = Resource.objects.select_related("org_unit__legal_entity").get(name="Priya Raman")
    project = _project_of(person, today_on.replace(day=1))
    if project is None:
        return
    lodging = TransactionCategory.objects.get(code="lodging")
    report = expenses.create_report(
        title=f"{project.name}, steering committee", actor=actor, at=instant(today_on, 8)
    )
    expenses.add_expense(
        report_id=report.pk,
        draft=ExpenseDraft(
            category_id=lodging.pk, spent_on=today_on - timedelta(days=2),
            currency=person.org_unit.legal_entity.currency, amount="148.00",
            project_id=project.pk, merchant="Hotel Meridian", description="Steering committee",
        ),
        actor=actor, at=instant(today_on, 8),
    )  # fmt: skip
    expenses.submit_report(report_id=report.pk, actor=actor, at=instant(today_on, 8))
