"""Pages of opportunities: list, pipeline, record."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.custom_fields import forms as custom_forms
from psa.core.custom_fields import selectors as custom_fields
from psa.core.web import lists, stale
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from sales.forms.fields import own_unit_id
from sales.forms.opportunities import MoveForm, NoteForm, OpportunityForm
from sales.permissions import SalesPermission
from sales.selectors import opportunities as selectors
from sales.selectors import visibility
from sales.services import opportunities, quotes

from . import activity
from . import lists as specs

SEES = (SalesPermission.VIEW, SalesPermission.VIEW_OWN)


@requires(*SEES)
def opportunity_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.opportunities(actor=request.actor)
    spec, rows = custom_fields.with_columns(specs.OPPORTUNITIES, rows, "sales.Opportunity")
    return lists.list_page(request, spec, rows)


@requires(*SEES)
def pipeline(request: TenantRequest) -> HttpResponse:
    return _pipeline(request)


@requires(*SEES)
def opportunity(request: TenantRequest, opportunity_id: int) -> HttpResponse:
    return _opportunity(request, opportunity_id)


@requires(SalesPermission.MANAGE)
def opportunity_create(request: TenantRequest) -> HttpResponse:
    form = OpportunityForm(
        request.POST or None,
        actor=request.actor,
        initial={
            "account": request.GET.get("account", ""),
            "contracting_unit": own_unit_id(request.actor),
        },
    )
    custom_forms.add_fields(form, record_type=opportunities.RECORD)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = opportunities.create_opportunity(
                facts=form.facts(), custom=custom_forms.values_in(form),
                actor=request.actor, at=clock.now(),
            )  # fmt: skip
            return go_to(request, "sales:opportunity", made.pk, toast="Opportunity created")
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "New opportunity",
            "submit": "Create opportunity",
            "cancel_url": reverse("sales:opportunity_list"),
            "crumbs": [("Opportunities", reverse("sales:opportunity_list"))],
        },
    )  # fmt: skip


@requires(SalesPermission.MANAGE)
def opportunity_edit(request: TenantRequest, opportunity_id: int) -> HttpResponse:
    known = visibility.get_opportunity(actor=request.actor, opportunity_id=opportunity_id)
    form = OpportunityForm(
        request.POST or None,
        actor=request.actor,
        with_version=True,
        initial=OpportunityForm.initial_of(known),
    )
    custom_forms.add_fields(form, record_type=opportunities.RECORD, record_id=opportunity_id)
    stale.watch(form, record=f"sales.opportunity:{opportunity_id}")
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            opportunities.edit_opportunity(
                opportunity_id=opportunity_id,
                lock_version=form.cleaned_data["lock_version"],
                facts=form.facts(),
                custom=custom_forms.values_in(form),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:opportunity", opportunity_id, toast="Opportunity saved")
    url = reverse("sales:opportunity", args=[opportunity_id])
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": "Edit opportunity",
            "cancel_url": url,
            "crumbs": [("Opportunities", reverse("sales:opportunity_list")), (known.name, url)],
        },
    )  # fmt: skip


@require_POST
@requires(SalesPermission.MANAGE)
def opportunity_move(request: TenantRequest, opportunity_id: int) -> HttpResponse:
    """Move to a stage, from the board or the record; the answer is the page it came from."""
    form = MoveForm(request.POST)
    from_board = "board" in request.GET
    with errors_on(form):
        if form.is_valid():
            opportunities.move_opportunity(
                opportunity_id=opportunity_id,
                stage_id=form.cleaned_data["stage"],
                actor=request.actor,
                at=clock.now(),
            )
            if not request.htmx:  # type: ignore[attr-defined]
                if from_board:
                    return go_to(request, "sales:pipeline")
                return go_to(request, "sales:opportunity", opportunity_id)
    if from_board:
        return _pipeline(request, form)
    return _opportunity(request, opportunity_id, move=form)


@require_POST
@requires(SalesPermission.MANAGE)
def note_create(request: TenantRequest, opportunity_id: int) -> HttpResponse:
    form = NoteForm(request.POST)
    with errors_on(form):
        if form.is_valid():
            opportunities.add_note(
                opportunity_id=opportunity_id,
                text=form.cleaned_data["text"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:opportunity", opportunity_id, toast="Note added")
    return _opportunity(request, opportunity_id, note=form)


@require_POST
@requires(SalesPermission.MANAGE)
def quote_create(request: TenantRequest, opportunity_id: int) -> HttpResponse:
    form = NoteForm({"text": "-"})
    with errors_on(form):
        made = quotes.create_quote(
            opportunity_id=opportunity_id, actor=request.actor, at=clock.now()
        )
        return go_to(request, "sales:quote", made.pk, toast="Quote created")
    return _opportunity(request, opportunity_id, move=form)


def _pipeline(request: TenantRequest, refused: MoveForm | None = None) -> HttpResponse:
    columns = selectors.pipeline_columns(actor=request.actor, today=clock.today())
    is_refused = refused is not None and bool(refused.errors)
    return render_page_or_part(
        request,
        "sales/pipeline.html",
        "sales/_pipeline.html",
        {
            "columns": columns,
            "refused": refused if is_refused else None,
            "may_edit": request.actor.has(SalesPermission.MANAGE),
            "is_empty": not any(column.count for column in columns),
        },
        status=422 if is_refused else 200,
    )


def _opportunity(
    request: TenantRequest,
    opportunity_id: int,
    *,
    move: MoveForm | NoteForm | None = None,
    note: NoteForm | None = None,
) -> HttpResponse:
    page = selectors.opportunity_page(actor=request.actor, opportunity_id=opportunity_id)
    refused = next((form for form in (move, note) if form is not None and form.errors), None)
    return render_page_or_part(
        request,
        "sales/opportunity.html",
        "sales/_opportunity.html",
        {
            "page": page,
            "opportunity": page.opportunity,
            "state": specs.OUTCOME_STATES[page.opportunity.stage.outcome],
            "quote_rows": [(quote, specs.QUOTE_STATES[quote.status]) for quote in page.quotes],
            "entries": activity.entries(page.activity),
            "note_form": note or NoteForm(),
            "refused": move if move is not None and move.errors else None,
            "may_edit": request.actor.has(SalesPermission.MANAGE) and page.is_open,
        },
        status=422 if refused else 200,
    )
