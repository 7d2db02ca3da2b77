"""The demo firm's history as a job: the server answers while it is being made."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register

from . import (
    bookings,
    changing,
    collecting,
    engagements,
    episodes,
    firm,
    history,
    letters,
    levelled,
    office,
    paying,
    registers,
    selling,
    staffing,
)
from .firm import FULL, SMALL, DemoSize
from .people import people

KIND = "demo.seed"
DEALS_PER_CHUNK = 3
OPEN_STAGES = ("qualify", "develop", "propose", "negotiate", "develop")


def size_of(name: str) -> DemoSize:
    return SMALL if name == "small" else FULL


def months(first_on: date, today_on: date) -> list[date]:
    """The firsts of the months from ``first_on`` to today's."""
    found = []
    month_on = first_on
    while month_on <= today_on:
        found.append(month_on)
        month_on = (month_on.replace(day=28) + timedelta(days=5)).replace(day=1)
    return found


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """Prices, deals, then one chunk a month; weights follow the time each takes."""
    size = size_of(arguments["size"])
    today_on = date.fromisoformat(arguments["today_on"])
    first_on = firm.first_month(today_on, size.months)
    chunks = [Chunk({"step": "prices"}, 2)]
    chunks += [
        Chunk(
            {"step": "deals", "from": start, "until": min(start + DEALS_PER_CHUNK, size.deals)}, 2
        )
        for start in range(0, size.deals, DEALS_PER_CHUNK)
    ]
    chunks.append(Chunk({"step": "pipeline"}, 1))
    for month_on in months(first_on, today_on):
        steps = [("hours", 3), ("expenses", 1), ("approve", 3), ("forecast", 1)]
        if history.month_end(month_on) < today_on:
            steps += [("bill", 4), ("pay", 2), ("close", 3)]
        for step, weight in steps:
            chunks.append(Chunk({"step": step, "month_on": month_on.isoformat()}, weight))
    chunks.append(Chunk({"step": "registers"}, 1))
    chunks.append(Chunk({"step": "changes"}, 1))
    chunks.append(Chunk({"step": "reports"}, 1))
    chunks.append(Chunk({"step": "bookings"}, 1))
    chunks.append(Chunk({"step": "exceptions"}, 1))
    return chunks


def run_chunk(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """One step of the firm's history, as of its own day."""
    asked = run.arguments
    size, seed = size_of(asked["size"]), int(asked["seed"])
    today_on = date.fromisoformat(asked["today_on"])
    first_on = firm.first_month(today_on, size.months)
    tenant_id = actor.tenant_id
    step = arguments["step"]
    if step == "prices":
        firm.add_prices_and_rates(tenant_id=tenant_id, size=size, today_on=today_on)
        collecting.open_books(first_on=first_on)
        collecting.agree_rules(on=first_on)
        selling.add_customers(tenant_id=tenant_id, on=first_on)
        selling.add_internal_projects(tenant_id=tenant_id, starts_on=first_on)
        paying.enter_accounts(names=episodes.TRAVELLERS, on=first_on)
        return ChunkResult("Prices, exchange rates and customers")
    if step in ("deals", "pipeline"):
        every = engagements.deals(
            size.deals + len(OPEN_STAGES), first_on=first_on, today_on=today_on, rng=Random(seed)
        )
        if step == "pipeline":
            for deal, stage in zip(every[size.deals :], OPEN_STAGES, strict=True):
                selling.open_deal(deal=deal, stage_code=stage, as_of=today_on)
            selling.add_project_of_a_template(
                tenant_id=tenant_id, starts_on=today_on + timedelta(days=21), on=today_on
            )
            selling.draft_a_template(tenant_id=tenant_id, on=today_on)
            return ChunkResult("Open opportunities")
        plans = staffing.staffed(
            every[: size.deals], people(size.people, Random(seed)), today_on=today_on
        )
        for deal in every[arguments["from"] : arguments["until"]]:
            selling.win_deal(tenant_id=tenant_id, deal=deal, staffing=plans[deal.number])
        return ChunkResult("Engagements")
    if step == "registers":
        count = registers.fill_registers(today_on=today_on, seed=seed)
        return ChunkResult(f"{count} risks, issues, actions, decisions and changes")
    if step == "changes":
        bought = changing.plan_purchases(today_on=today_on)
        drafted = changing.draft_budgets(today_on=today_on)
        agreed = changing.agree_changes(today_on=today_on)
        return ChunkResult(f"{bought} planned expenses, {drafted} budgets, {agreed} amendments")
    if step == "reports":
        registers.link_milestones(today_on=today_on)
        count = registers.publish_reports(today_on=today_on)
        return ChunkResult(f"{count} status reports")
    if step == "bookings":
        count = bookings.book_teams(today_on=today_on, seed=seed)
        said = bookings.discuss(today_on=today_on, seed=seed)
        return ChunkResult(f"{count} bookings, {said} comments")
    if step == "exceptions":
        episodes.add_exceptions(tenant_id=tenant_id, today_on=today_on)
        office.fill_the_desks(today_on=today_on, at=at)
        changing.leave_a_role_open(today_on=today_on)
        levelled.import_levelled_plan(tenant_id=tenant_id, today_on=today_on)
        letters.mail_statements(today_on=today_on)
        return ChunkResult("Exceptions to work on")
    month_on = date.fromisoformat(arguments["month_on"])
    return _month(step, month_on, tenant_id=tenant_id, today_on=today_on, seed=seed)


def _month(step: str, month_on: date, *, tenant_id: int, today_on: date, seed: int) -> ChunkResult:
    end_on = history.month_end(month_on)
    is_live = end_on >= today_on
    word = f"{month_on:%B %Y}"
    if step == "hours":
        until_on = min(end_on, today_on - timedelta(days=1))
        if until_on < month_on:
            return ChunkResult(f"{word}: no day yet")
        count = history.work_month(
            tenant_id=tenant_id, month_on=month_on, until_on=until_on, seed=seed
        )
        return ChunkResult(f"{word}: {count} time entries", result={"time_entries": count})
    if step == "expenses":
        count = episodes.spend_month(month_on=month_on, until_on=min(end_on, today_on), seed=seed)
        return ChunkResult(f"{word}: {count} expenses", result={"expenses": count})
    if step == "forecast":
        history.forecast_month(
            tenant_id=tenant_id, until_on=min(end_on, today_on), today_on=today_on
        )
        return ChunkResult(f"{word}: forecasts")
    if step == "approve":
        # Of the live month the last ten days wait for their approvers.
        until_on = today_on - timedelta(days=10) if is_live else end_on
        count = history.approve_month(until_on=until_on, at=firm.instant(min(end_on, today_on)))
        return ChunkResult(f"{word}: {count} approved", result={"approved": count})
    if step == "bill":
        is_last = (today_on - end_on).days < 31
        count = history.bill_month(
            tenant_id=tenant_id, month_on=month_on, leave_in_review=4 if is_last else 0
        )
        return ChunkResult(f"{word}: {count} invoices", result={"invoices": count})
    if step == "pay":
        episodes.correct_month(month_on=month_on, seed=seed)
        collecting.release_retentions(month_on=month_on)
        count = history.receive_payments(month_on=month_on, today_on=today_on, seed=seed)
        paid_back = (
            paying.pay_by_batches(month_on=month_on)
            if paying.is_by_batch(month_on, today_on=today_on)
            else collecting.pay_people_back(month_on=month_on)
        )
        paying.hand_to_payroll(month_on=month_on, last_on=end_on, today_on=today_on)
        reminded = collecting.remind(on=end_on, today_on=today_on)
        return ChunkResult(
            f"{word}: {count} payments, {paid_back} reimbursements, {reminded} reminders",
            result={"payments": count, "reimbursements": paid_back, "reminders": reminded},
        )
    count = history.close_month(tenant_id=tenant_id, month_on=month_on, today_on=today_on)
    return ChunkResult(f"{word}: {count} batches in the books")


register(JobKind(KIND, "Demo firm", "access.manage_parameters", plan, run_chunk, in_order=True))
