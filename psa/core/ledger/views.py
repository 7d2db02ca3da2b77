"""Pages of the two ledgers: actuals, journals, statements, periods, proofs, exports."""

from typing import Any

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access import step_up
from psa.core.access.decorators import requires
from psa.core.access.permissions import LedgerPermission
from psa.core.errors import NotFound
from psa.core.jobs import services as jobs
from psa.core.ledger.models import JournalLine
from psa.core.ledger.rules.types import ActualType
from psa.core.org.models import LegalEntity
from psa.core.web import lists as web_lists
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import actual_records, books, closing, forms, lists, mappings, origins
from .jobs import POSTING_RUN
from .rules.types import PeriodState
from .services import exports, opening_balances, periods
from .services.exports import ExportFormat


@require_GET
@requires(LedgerPermission.VIEW_ACTUALS)
def actual_list(request: TenantRequest) -> HttpResponse:
    rows = actual_records.actual_rows(actor=request.actor)
    return web_lists.list_page(request, lists.ACTUALS, rows)


@require_GET
@requires(LedgerPermission.VIEW_ACTUALS)
def line_actuals(request: TenantRequest, line_id: int) -> HttpResponse:
    """The actuals that one line of the general ledger is made of."""
    if not JournalLine.objects.filter(pk=line_id).exists():
        raise NotFound("There is no such line.")
    rows = actual_records.actual_rows(actor=request.actor, journal_line_id=line_id)
    return web_lists.list_page(request, lists.ACTUALS, rows)


@require_GET
@requires(LedgerPermission.VIEW_ACTUALS)
def actual(request: TenantRequest, actual_id: int) -> HttpResponse:
    page = actual_records.actual_page(actor=request.actor, actual_id=actual_id)
    context: dict[str, Any] = {
        "page": page,
        "state": lists.TYPE_STATES.get(ActualType(page.actual_type)),
    }
    if page.price_trace_id is not None:
        context["trace_url"] = _trace_url(page.price_trace_id)
    return render_page_or_part(request, "ledger/actual.html", "ledger/_actual.html", context)


@require_GET
@requires(LedgerPermission.VIEW_ACTUALS)
def actual_origins(request: TenantRequest, actual_id: int) -> HttpResponse:
    """The part of an actual's page that leads back to the entry, the person and the approval."""
    page = actual_records.actual_page(actor=request.actor, actual_id=actual_id)
    context = {
        "page": page,
        "origins": origins.origins_of(actor=request.actor, actual_id=actual_id),
    }
    return render_page_or_part(
        request, "ledger/actual_origins.html", "ledger/_actual_origins.html", context
    )


def _trace_url(trace_id: int) -> str:
    try:
        return reverse("pricing:trace", args=[trace_id])
    except NoReverseMatch:  # an installation without the pages of pricing
        return ""


@require_GET
@requires(LedgerPermission.VIEW_GL)
def entry_list(request: TenantRequest) -> HttpResponse:
    return web_lists.list_page(request, lists.ENTRIES, books.entry_rows(actor=request.actor))


@require_GET
@requires(LedgerPermission.VIEW_GL)
def entry(request: TenantRequest, entry_id: int) -> HttpResponse:
    page = books.entry_page(actor=request.actor, entry_id=entry_id)
    return render_page_or_part(request, "ledger/entry.html", "ledger/_entry.html", {"page": page})


@require_http_methods(["GET", "POST"])
@requires(LedgerPermission.POST)
def opening_create(request: TenantRequest) -> HttpResponse:
    """What an entity's accounts stood at before its books began here."""
    now = clock.now()
    form = forms.OpeningBalances(
        request.POST or None,
        entities=list(LegalEntity.objects.order_by("code")),
        initial={"opened_on": now.date().replace(month=1, day=1)},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = opening_balances.post_opening_balances(
                actor=request.actor, at=now, **form.arguments()
            )
            return go_to(request, "ledger:entry", made.pk, toast=f"{made.number} posted")
    url = reverse("ledger:entry_list")
    context = {
        "title": "Opening balances",
        "submit": "Post",
        "cancel_url": url,
        "crumbs": [("Journals", url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_http_methods(["GET", "POST"])
@requires(LedgerPermission.POST)
def opening_reverse(request: TenantRequest, entry_id: int) -> HttpResponse:
    """Take opening balances back, so that others can be posted."""
    page = books.entry_page(actor=request.actor, entry_id=entry_id)
    form = forms.ReverseOpening(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = opening_balances.reverse_opening_balances(
                entry_id=entry_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "ledger:entry", made.pk, toast=f"{page.number} reversed")
    url = reverse("ledger:entry", args=[entry_id])
    context = {
        "title": f"Reverse {page.number}",
        "submit": "Reverse opening balances",
        "cancel_url": url,
        "intro": "The mirror is dated the same day, so the period must be open. Post the right "
        "balances afterwards.",
        "crumbs": [("Journals", reverse("ledger:entry_list")), (page.number, url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(LedgerPermission.VIEW_GL)
def account(request: TenantRequest, account_id: int) -> HttpResponse:
    found = books.get_account(actor=request.actor, account_id=account_id)
    rows = books.line_rows(actor=request.actor).filter(account_id=account_id)
    return web_lists.list_page(request, lists.lines_of(found), rows)


@require_GET
@requires(LedgerPermission.VIEW_GL)
def trial_balance(request: TenantRequest) -> HttpResponse:
    asked = forms.asked(request, today=clock.today())
    entity = books.choose_entity(actor=request.actor, code=asked["entity"])
    report = books.trial_balance(actor=request.actor, entity=entity, as_of=asked["as_of"])
    return _statement(request, "trial_balance", report, entity, asked)


@require_GET
@requires(LedgerPermission.VIEW_GL)
def balance_sheet(request: TenantRequest) -> HttpResponse:
    asked = forms.asked(request, today=clock.today())
    entity = books.choose_entity(actor=request.actor, code=asked["entity"])
    report = books.balance_sheet(actor=request.actor, entity=entity, as_of=asked["as_of"])
    return _statement(request, "balance_sheet", report, entity, asked)


@require_GET
@requires(LedgerPermission.VIEW_GL)
def income_statement(request: TenantRequest) -> HttpResponse:
    asked = forms.asked(request, today=clock.today())
    entity = books.choose_entity(actor=request.actor, code=asked["entity"])
    report = books.income_statement(
        actor=request.actor,
        entity=entity,
        from_on=asked["from_on"],
        until_on=asked["as_of"],
        by=asked["by"],
    )
    return _statement(request, "income_statement", report, entity, asked)


def _statement(
    request: TenantRequest, name: str, report: object, entity: object, asked: dict[str, object]
) -> HttpResponse:
    context = {
        "report": report,
        "entity": entity,
        "entities": books.entities(actor=request.actor),
        "asked": asked,
        "dimensions": list(books.RESULT_BY),
        "here": f"ledger:{name}",
    }
    return render_page_or_part(request, f"ledger/{name}.html", f"ledger/_{name}.html", context)


@require_GET
@requires(LedgerPermission.VIEW_GL)
def period_list(request: TenantRequest) -> HttpResponse:
    page = closing.periods_page(
        actor=request.actor, code=request.GET.get("entity", ""), today=clock.today()
    )
    return render_page_or_part(
        request, "ledger/periods.html", "ledger/_periods.html", {"page": page}
    )


@require_http_methods(["GET", "POST"])
@requires(LedgerPermission.MANAGE_PERIODS)
def period_change(request: TenantRequest, period_id: int) -> HttpResponse:
    """Soft-close, close or re-open: the next state is suggested, a reason asked to go back."""
    period = closing.get_period(actor=request.actor, period_id=period_id)
    asked = request.POST.get("state") or request.GET.get("to", "")
    confirmation = step_up.demand(request) if _would_reopen(period.state, asked) else None
    if confirmation is not None:
        return confirmation
    form = forms.ChangePeriod(request.POST or None, initial={"state": request.GET.get("to", "")})
    back = reverse("ledger:period_list") + f"?entity={period.legal_entity.code}"
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            periods.move_period(
                period_id=period_id,
                state=PeriodState(form.cleaned_data["state"]),
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to_url(request, back, toast=f"{period.title} changed")
    context = {
        "title": f"Change {period.title} of {period.legal_entity.name}",
        "submit": "Change period",
        "cancel_url": back,
        "intro": "A period is soft-closed first, then closed. Who closed it can't re-open it.",
        "crumbs": [("Account", None), ("Periods", back)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


def _would_reopen(state: str, asked: str) -> bool:
    order = [each.value for each in PeriodState]
    return asked in order and order.index(asked) < order.index(state)


@require_POST
@requires(LedgerPermission.POST)
def posting_run_start(request: TenantRequest) -> HttpResponse:
    at = clock.now()
    run = jobs.start(
        kind=POSTING_RUN,
        key=f"asked for at {at.isoformat()}",
        title="Posting run",
        arguments={},
        actor=request.actor,
        at=at,
    )
    return go_to(request, "jobs:run", run.pk, toast="The posting run has started")


@require_GET
@requires(LedgerPermission.VIEW_GL)
def proof(request: TenantRequest, run_id: int | None = None) -> HttpResponse:
    page = closing.proof_page(
        actor=request.actor, code=request.GET.get("entity", ""), run_id=run_id
    )
    return render_page_or_part(request, "ledger/proof.html", "ledger/_proof.html", {"page": page})


@require_GET
@requires(LedgerPermission.EXPORT)
def export_list(request: TenantRequest) -> HttpResponse:
    return web_lists.list_page(request, lists.EXPORTS, closing.exports(actor=request.actor))


def _asked_mapping(request: TenantRequest) -> dict[str, Any]:
    """What an address such as ?mapping=3 chooses before anybody does."""
    asked = request.GET.get("mapping", "")
    if not asked.isdecimal():
        return {}
    found = mappings.get_mapping(actor=request.actor, mapping_id=int(asked))
    return {
        "entity_id": found.legal_entity_id,
        "file_format": ExportFormat.PACKAGE.value,
        "mapping_id": found.pk,
    }


@require_http_methods(["GET", "POST"])
@requires(LedgerPermission.EXPORT)
def export_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewExport(
        request.POST or None,
        entities=closing.exportable(actor=request.actor),
        mappings=mappings.choices(actor=request.actor),
        initial=_asked_mapping(request),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            taken, _file = exports.take_export(
                actor=request.actor,
                at=clock.now(),
                **{
                    **form.cleaned_data,
                    "file_format": ExportFormat(form.cleaned_data["file_format"]),
                },
            )
            return go_to(
                request,
                "ledger:export_list",
                toast=f"Export {taken.pk} taken: {taken.entry_count:,} entries",
            )
    context = {
        "title": "New export",
        "submit": "Take export",
        "cancel_url": reverse("ledger:export_list"),
        "intro": "The whole journal of the entity, or some days of it for an accounting package, with "
        "its hash. A repeat is identical.",
        "crumbs": [("Account", None), ("Exports", reverse("ledger:export_list"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(LedgerPermission.EXPORT)
def export_file(request: TenantRequest, export_id: int) -> HttpResponse:
    made = exports.repeat_export(export_id=export_id, actor=request.actor)
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    response["X-Content-SHA256"] = made.sha256
    return response
