"""Pages of revenue: estimates under review, work in progress, and the close."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from moneyed import Money

from projects.permissions import ProjectsPermission
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import LedgerPermission
from psa.core.errors import DomainError, NotFound
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod, ProofRun
from psa.core.ledger.rehearsal_pages import rehearsal_page
from psa.core.ledger.rehearsals import rehearse
from psa.core.org.models import LegalEntity
from psa.core.web.lists import build_list, list_page
from psa.core.web.pages import (
    errors_on,
    go_to,
    render_form,
    render_page_or_part,
    render_part,
    wants_part,
)
from psa.core.web.requests import TenantRequest

from . import forms, intercompany_selectors, selectors
from . import lending as lent_work
from . import lists as room_lists
from .models import Obligation, RevenueEstimate
from .permissions import RevenuePermission
from .project_tile import recognised_of_project
from .rules.progress import in_percent
from .services import close as closing
from .services import completion, estimate_posting, estimates
from .services.proofs import run_proofs


@dataclass(frozen=True, slots=True)
class Choice:
    """The entity and period a page shows, and those to choose from."""

    entities: list[LegalEntity]
    entity: LegalEntity
    periods: list[FiscalPeriod]
    period: FiscalPeriod


def _choice(request: TenantRequest) -> Choice:
    """From `entity` and `period` in the URL; else the first entity's earliest period not closed."""
    entities = list(LegalEntity.objects.order_by("code"))
    code = request.GET.get("entity", "")
    entity = next((e for e in entities if e.code == code or not code), None)
    if entity is None:
        raise NotFound("There is no such legal entity.")
    today = clock.today()
    periods = list(
        FiscalPeriod.objects.filter(legal_entity=entity, starts_on__lte=today).order_by(
            "-starts_on"
        )
    )
    if not periods:
        raise NotFound(f"{entity.name} has no fiscal period yet.")
    name = request.GET.get("period", "")
    if name:
        period = next((p for p in periods if p.name == name), None)
        if period is None:
            raise NotFound("There is no such fiscal period.")
    else:
        waiting = [
            p for p in periods if p.state != FiscalPeriod.State.CLOSED and p.ends_on <= today
        ]
        period = waiting[0] if waiting else periods[0]
    return Choice(entities, entity, periods[:18], period)


def _back(
    request: TenantRequest,
    url_name: str,
    period: FiscalPeriod,
    toast: str = "",
    refused: str = "",
) -> HttpResponse:
    answer = go_to(request, url_name, toast=toast, refused=refused)
    query = f"?entity={period.legal_entity.code}&period={period.name}"
    for header in ("Location", "HX-Redirect"):
        if header in answer:
            answer[header] += query
    return answer


@require_GET
@requires(RevenuePermission.VIEW)
def estimate_list(request: TenantRequest) -> HttpResponse:
    choice = _choice(request)
    rows = (
        selectors.estimates(actor=request.actor, period_id=choice.period.pk)
        .annotate(entity_currency=F("period__legal_entity__currency"))
        .values(
            "id", "contract_number", "customer", "line", "method", "state", "currency",
            "entity_currency", "cost_to_date", "estimate_to_complete", "previous_revenue",
            "period_revenue", "revenue_to_date", "flags",
        )
    )  # fmt: skip
    if wants_part(request) or request.GET.get("export"):
        return list_page(request, room_lists.ESTIMATES, rows)
    actor = request.actor
    context = {
        "choice": choice,
        "list": build_list(request, room_lists.ESTIMATES, rows),
        "may_run": actor.has(RevenuePermission.ESTIMATE),
        "may_approve": actor.has(RevenuePermission.APPROVE),
        "may_post": actor.has(RevenuePermission.POST),
    }
    return render_page_or_part(
        request, "revenue/estimates.html", "revenue/_estimates.html", context
    )


@require_POST
@requires(RevenuePermission.ESTIMATE, RevenuePermission.APPROVE, RevenuePermission.POST)
def estimates_do(request: TenantRequest, period_id: int, action: str) -> HttpResponse:
    """Run, approve or post all estimates of a period."""
    period = ledger.get_period(period_id=period_id)
    actor, at = request.actor, clock.now()
    try:
        if action == "run":
            key = f"{period.legal_entity.code}/{period.name}/{at.isoformat()}"
            done = estimates.draft_estimates(
                period_id=period_id, run_key=key, actor=actor, at=at
            ).drafted
            said = f"{done} estimates drafted"
        elif action == "approve":
            done = estimates.approve_estimates(period_id=period_id, actor=actor, at=at)
            said = f"{done} estimates approved"
        else:
            done = estimate_posting.post_estimates(period_id=period_id, actor=actor, at=at)
            said = f"{done} estimates posted"
    except DomainError as error:
        return _back(request, "revenue:estimate_list", period, refused=error.message)
    return _back(request, "revenue:estimate_list", period, said)


@require_http_methods(["GET", "POST"])
@requires(RevenuePermission.VIEW)
def estimate(request: TenantRequest, estimate_id: int) -> HttpResponse:
    """One estimate: adjusted or completed while a draft, reversed once posted; and why its figure."""
    row = selectors.get_estimate(actor=request.actor, estimate_id=estimate_id)
    form: Any
    change: Any
    if row.state == RevenueEstimate.State.POSTED:
        form = forms.ReverseEstimate(request.POST or None)
        change, said, submit = (
            estimate_posting.reverse_estimate, "Estimate reversed", "Reverse estimate",
        )  # fmt: skip
    elif row.obligation.method == Obligation.Method.COMPLETED:
        form = forms.CompleteObligation(request.POST or None)
        change, said, submit = completion.complete_obligation, "Completion entered", "Complete"
    else:
        form = forms.AdjustEstimate(request.POST or None, estimate=row)
        change, said, submit = estimates.adjust_estimate, "Estimate adjusted", "Adjust estimate"
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            change(
                estimate_id=estimate_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return _back(request, "revenue:estimate_list", row.period, said)
    line = row.obligation.contract_line
    return render_form(
        request,
        form,
        page="revenue/estimate.html",
        part="revenue/_estimate.html",
        context={
            "why": selectors.why(row),
            "row": row,
            "line": line,
            "state": room_lists.ESTIMATE_STATES[row.state],
            "price": Money(row.obligation.price_amount, row.obligation.currency),
            "figures": [
                (label, Money(amount, row.obligation.currency))
                for label, amount in (
                    ("Revenue to date", row.revenue_to_date),
                    ("Recognised before", row.previous_revenue),
                    ("Of this period", row.period_revenue),
                )
            ],
            "progress": f"{in_percent(row.progress_numerator, row.progress_denominator)} %",
            "may_change": row.state in CHANGEABLE,
            "title": f"{line.contract.number} {line.name}, {row.period.title}",
            "submit": submit,
            "cancel_url": reverse("revenue:estimate_list")
            + f"?entity={row.period.legal_entity.code}&period={row.period.name}",
            "crumbs": [("Account", None), ("Revenue", reverse("revenue:estimate_list"))],
        },
    )


CHANGEABLE = (RevenueEstimate.State.DRAFT, RevenueEstimate.State.POSTED)


def asked_day(request: TenantRequest, name: str) -> date | None:
    text = request.GET.get(name, "")
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        raise NotFound("The date in the address is not a date.") from None
    if found is not None and not 1990 <= found.year <= 2100:
        raise NotFound("The date in the address is not one of our time.")
    return found


@require_GET
@requires(RevenuePermission.VIEW)
def work_in_progress(request: TenantRequest) -> HttpResponse:
    """Unbilled work by contract as of a day, as known on a day, and how it moved in that month."""
    as_of = asked_day(request, "as_of") or clock.today()
    known_on = asked_day(request, "known_on")
    rows = selectors.work_in_progress(actor=request.actor, as_of=as_of, known_on=known_on)
    moved = selectors.roll_forward(
        actor=request.actor, from_on=as_of.replace(day=1), until_on=as_of, known_on=known_on
    )
    context = {
        "as_of": as_of,
        "known_on": known_on,
        "rows": [(row, Money(row.unbilled_amount, row.currency)) for row in rows],
        "sees_actuals": request.actor.has(LedgerPermission.VIEW_ACTUALS),
        "moved": [
            {
                name: Money(getattr(row, name), row.currency)
                for name in ("opening", "performed", "invoiced", "adjusted", "closing")
            }
            for row in moved
        ],
    }
    return render_page_or_part(request, "revenue/wip.html", "revenue/_wip.html", context)


@require_GET
@requires(RevenuePermission.VIEW)
def intercompany(request: TenantRequest) -> HttpResponse:
    """Work that one legal entity lends another, as of a day: who owes whom, and both margins."""
    as_of = asked_day(request, "as_of") or clock.today()
    context = {
        "as_of": as_of,
        "page": lent_work.lending(actor=request.actor, as_of=as_of),
        "waiting": intercompany_selectors.waiting(as_of=as_of),
        "may_post": request.actor.has(RevenuePermission.POST),
    }
    return render_page_or_part(
        request, "revenue/intercompany.html", "revenue/_intercompany.html", context
    )


@require_GET
@requires(RevenuePermission.VIEW)
def close(request: TenantRequest) -> HttpResponse:
    """The close of one entity's period, step by step, with its latest reconciliation."""
    choice = _choice(request)
    steps = closing.steps(period_id=choice.period.pk, actor=request.actor)
    last_on = choice.period.ends_on - timedelta(days=1)
    run = ProofRun.objects.filter(legal_entity=choice.entity, as_of=last_on).order_by("-id").first()
    context = {
        "choice": choice,
        "steps": steps,
        "done": sum(step.is_done for step in steps),
        "next": next((step for step in steps if not step.is_done), None),
        "run": run,
        "results": _results(run),
        "may_post": request.actor.has(RevenuePermission.POST),
    }
    return render_page_or_part(request, "revenue/close.html", "revenue/_close.html", context)


def _results(run: ProofRun | None) -> list[dict[str, Any]]:
    """Stored proofs with their amounts as money."""
    return [
        {
            "labels": (result["left_label"], result["right_label"]),
            "left": Money(result["left"], result["currency"]),
            "right": Money(result["right"], result["currency"]),
            "difference": Money(result["left"], result["currency"])
            - Money(result["right"], result["currency"]),
            "breaking": result["breaking"],
        }
        for result in (run.results if run else ())
    ]


@require_POST
@requires(RevenuePermission.POST)
def close_step(request: TenantRequest, period_id: int, code: str) -> HttpResponse:
    period = ledger.get_period(period_id=period_id)
    try:
        said = closing.run_step(period_id=period_id, code=code, actor=request.actor, at=clock.now())
    except DomainError as error:
        return _back(request, "revenue:close", period, refused=error.message)
    return _back(request, "revenue:close", period, said)


@require_POST
@requires(RevenuePermission.POST)
def close_try(request: TenantRequest, period_id: int, code: str) -> HttpResponse:
    """What a step would record; nothing is kept of it."""
    period = ledger.get_period(period_id=period_id)
    actor, now = request.actor, clock.now()
    step = next(
        (s for s in closing.steps(period_id=period_id, actor=actor) if s.code == code), None
    )
    if step is None:
        raise NotFound("There is no such step of the close.")
    tried = rehearse(
        lambda: closing.run_step(period_id=period_id, code=code, actor=actor, at=now), actor=actor
    )
    back = f"{reverse('revenue:close')}?entity={period.legal_entity.code}&period={period.name}"
    return rehearsal_page(
        request, tried, title=f"Trying: {step.title}", back_url=back, back="Period close"
    )


@require_POST
@requires(RevenuePermission.POST)
def proofs_run(request: TenantRequest, entity_code: str) -> HttpResponse:
    """Reconcile an entity as of today."""
    entity = LegalEntity.objects.filter(code=entity_code).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    run_proofs(legal_entity_id=entity.pk, as_of=clock.today(), actor=request.actor, at=clock.now())
    return go_to(request, "ledger:proof", toast=f"{entity.code} reconciled")


@require_GET
@requires(ProjectsPermission.VIEW, ProjectsPermission.VIEW_OWN, ProjectsPermission.MANAGE_ALL)
def project_wip_tile(request: TenantRequest, project_id: int) -> HttpResponse:
    amounts, last_on = recognised_of_project(actor=request.actor, project_id=project_id)
    context = {"amounts": amounts, "last_on": last_on}
    return render_part(request, "revenue/_project_wip_tile.html", context)
