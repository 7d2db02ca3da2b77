"""Pages of pricing: price lists with their grid, why a rate is what it is, work without a price."""

from datetime import date
from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.access.permissions import PricingPermission
from psa.core.jobs import services as job_services
from psa.core.web import lists as web_lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms, jobs, lists_of_pricing, page_selectors
from .models import PriceLine
from .services import additions, imports, lines, lists, unpriced
from .visibility import LIST_PERMISSIONS, visible_list

EXTRA_ROWS = 3


@require_GET
@requires(*LIST_PERMISSIONS)
def list_list(request: TenantRequest) -> HttpResponse:
    rows = page_selectors.list_rows(actor=request.actor, as_of=clock.today())
    return web_lists.list_page(request, lists_of_pricing.LISTS, rows)


@require_GET
@requires(*LIST_PERMISSIONS)
def price_list(request: TenantRequest, list_id: int) -> HttpResponse:
    page = _page(request, list_id)
    is_plain = "plain" in request.GET and page.is_editable and page.fits_grid
    return _render_list(request, page, _grid(page) if is_plain else None)


@require_GET
@requires(*LIST_PERMISSIONS)
def list_lines(request: TenantRequest, list_id: int) -> HttpResponse:
    """The lines as a list of their own: filter, sort, export."""
    row = visible_list(request.actor, list_id)
    spec = lists_of_pricing.lines_of(row)
    return web_lists.list_page(request, spec, page_selectors.line_rows(row))


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def line_cell(request: TenantRequest, list_id: int, line_id: int) -> HttpResponse:
    """One price of a draft, changed in the list of lines."""
    row = visible_list(request.actor, list_id)
    return web_lists.edit_cell(
        request,
        lists_of_pricing.lines_of(row),
        lambda: page_selectors.line_rows(row),
        row_id=line_id,
        record=f"pricing.line:{line_id}",
        values={"value": page_selectors.price_of(row, line_id)},
        save=lambda _name, value: lines.change_price(
            list_id=list_id, line_id=line_id, value=value, actor=request.actor, at=clock.now()
        ),
        back=reverse("pricing:list_lines", args=[list_id]),
    )


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def list_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewList(request.POST or None, actor=request.actor)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = lists.create_list(actor=request.actor, at=clock.now(), **form.arguments())
            return go_to(request, "pricing:list", made.pk, toast="Draft created. Add its lines.")
    return _form(request, form, "New price list", "Create draft", reverse("pricing:list_list"))


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def list_edit(request: TenantRequest, list_id: int) -> HttpResponse:
    row = visible_list(request.actor, list_id)
    names = ("name", "valid_from", "valid_until", "time_unit", "hours_per_day", "lock_version")
    form = forms.EditList(request.POST or None, initial={n: getattr(row, n) for n in names})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            lists.edit_draft(
                list_id=list_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "pricing:list", list_id, toast="Saved")
    return _form(request, form, f"Edit {row.name}", "Save", reverse("pricing:list", args=[list_id]))


@require_POST
@requires(PricingPermission.MANAGE_LISTS)
def list_save(request: TenantRequest, list_id: int) -> HttpResponse:
    """Save the grid of a draft."""
    page = _page(request, list_id)
    form = django_forms.Form(request.POST)
    grid = _grid(page, request.POST)
    lock_version = str(request.POST.get("lock_version", ""))
    with errors_on(form):
        if grid.is_valid() and lock_version.isdigit():
            kept, removed = forms.grid_rows(grid)
            lines.save_lines(
                list_id=list_id,
                lines=kept,
                removed_ids=removed,
                lock_version=int(lock_version),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "pricing:list", list_id, toast="Lines saved")
    return _render_list(request, page, grid, form=form, status=422)


@require_POST
@requires(PricingPermission.MANAGE_LISTS)
def list_activate(request: TenantRequest, list_id: int) -> HttpResponse:
    form = django_forms.Form(request.POST)
    with errors_on(form):
        lists.activate_list(list_id=list_id, actor=request.actor, at=clock.now())
    if form.is_valid():
        return go_to(request, "pricing:list", list_id, toast="Price list is active")
    return _render_list(request, _page(request, list_id), None, form=form, status=422)


@require_POST
@requires(PricingPermission.MANAGE_LISTS)
def list_discard(request: TenantRequest, list_id: int) -> HttpResponse:
    form = django_forms.Form(request.POST)
    with errors_on(form):
        lists.discard_draft(list_id=list_id, actor=request.actor, at=clock.now())
    if form.is_valid():
        return go_to(request, "pricing:list_list", toast="Draft discarded")
    page = _page(request, list_id)
    return _render_list(request, page, None, form=form, status=422)


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def list_end(request: TenantRequest, list_id: int) -> HttpResponse:
    row = visible_list(request.actor, list_id)
    form = forms.EndList(request.POST or None, initial={"valid_until": row.valid_until})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            lists.end_list(
                list_id=list_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "pricing:list", list_id, toast="End set")
    return _form(
        request, form, f"End {row.name}", "Set end", reverse("pricing:list", args=[list_id])
    )


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def list_new_version(request: TenantRequest, list_id: int) -> HttpResponse:
    row = visible_list(request.actor, list_id)
    form = forms.NewVersion(
        request.POST or None,
        roles=page_selectors.roles_of(row),
        initial={"name": row.name, "valid_from": row.valid_until},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = lists.new_version(
                list_id=list_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "pricing:list", made.pk, toast="Draft of the new version made")
    return _form(
        request,
        form,
        f"New version of {row.name}",
        "Make draft",
        reverse("pricing:list", args=[list_id]),
    )


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def list_import(request: TenantRequest) -> HttpResponse:
    """First the preview, then the import of what was shown; nothing is kept between the two."""
    form = forms.ImportList(request.POST or None, request.FILES or None, actor=request.actor)
    preview: imports.Preview | None = None
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            given = form.import_arguments()
            if "confirm" in request.POST:
                done = imports.import_list(actor=request.actor, at=clock.now(), **given)
                return go_to(
                    request,
                    "pricing:list",
                    done.price_list.pk,
                    toast=f"{done.line_count} lines imported, {len(done.skipped)} left out",
                )
            preview = imports.preview_import(
                content=given["content"],
                currency=given["currency"],
                time_unit=given["time_unit"],
                mapping=given["mapping"],
                create_roles=given["create_roles"],
                actor=request.actor,
            )
            form = forms.ImportList(
                initial={**form.cleaned_data, "file": None}, actor=request.actor
            )
    return render_form(
        request,
        form,
        page="pricing/import.html",
        part="pricing/_import.html",
        context={"preview": preview, "cancel_url": reverse("pricing:list_list")},
    )


@require_GET
@for_every_member
def trace(request: TenantRequest, trace_id: int) -> HttpResponse:
    """Why this rate? The selector refuses who may not see rates of the trace's kind."""
    page = page_selectors.trace_page(
        actor=request.actor, trace_id=trace_id, signature=request.GET.get("for", "")
    )
    return render_page_or_part(request, "pricing/trace.html", "pricing/_trace.html", {"page": page})


@require_GET
@requires(PricingPermission.REPLAY_UNPRICED)
def unpriced_list(request: TenantRequest) -> HttpResponse:
    rows = page_selectors.waiting_rows(actor=request.actor)
    return web_lists.list_page(request, lists_of_pricing.UNPRICED, rows)


@require_POST
@requires(PricingPermission.REPLAY_UNPRICED)
def unpriced_replay(request: TenantRequest) -> HttpResponse:
    rows = page_selectors.waiting_rows(actor=request.actor)
    chosen = web_lists.selected_ids(request, lists_of_pricing.UNPRICED, rows)
    return _start_replay(request, chosen)


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.REPLAY_UNPRICED)
def unpriced_replay_all(request: TenantRequest) -> HttpResponse:
    if request.method == "POST":
        return _start_replay(request, None)
    return render_page_or_part(
        request,
        "pricing/replay_all.html",
        "pricing/_replay_all.html",
        {"form": django_forms.Form(), "waiting": unpriced.waiting().count()},
    )


@require_http_methods(["GET", "POST"])
@requires(PricingPermission.MANAGE_LISTS)
def add_price(request: TenantRequest) -> HttpResponse:
    asked = request.GET
    context = asked.get("context", "")
    form = forms.AddPrice(
        request.POST or None,
        actor=request.actor,
        context=context,
        choices=forms.LineChoices(page_selectors.dimension_names()),
        currency=asked.get("currency", ""),
        initial={
            "role": asked.get("role"),
            "resourcing_unit": asked.get("resourcing_unit"),
            "from_on": asked.get("on"),
            "unit": "day",
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            from_on: date = form.cleaned_data["from_on"]
            additions.add_price(
                list_id=form.cleaned_data["price_list"],
                line=form.draft(),
                from_on=from_on,
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(
                request, "pricing:unpriced_list", toast="Price added. Price the work again now."
            )
    return _form(
        request, form, "Add a missing price", "Add price", reverse("pricing:unpriced_list")
    )


def _start_replay(request: TenantRequest, entry_ids: list[int] | None) -> HttpResponse:
    at = clock.now()
    run = job_services.start(
        kind=jobs.REPLAY,
        key=f"{request.actor.membership_id}:{at.isoformat()}",
        title="Price waiting work again",
        arguments={} if entry_ids is None else {"entry_ids": entry_ids},
        actor=request.actor,
        at=at,
    )
    return go_to(request, "jobs:run", run.pk)


def _page(request: TenantRequest, list_id: int) -> page_selectors.ListPage:
    return page_selectors.list_page(actor=request.actor, list_id=list_id, as_of=clock.today())


def _grid(page: page_selectors.ListPage, data: Any = None) -> Any:
    grid_class = django_forms.formset_factory(
        forms.PriceLineForm,
        extra=EXTRA_ROWS,
        can_delete=True,
        max_num=page_selectors.GRID_LINES + EXTRA_ROWS + 100,
        absolute_max=page_selectors.GRID_LINES + EXTRA_ROWS + 100,
    )
    rows = PriceLine.objects.filter(pk__in=[line.id for line in page.lines])
    stored = {row.pk: row for row in rows}
    return grid_class(
        data,
        prefix="lines",
        initial=[forms.initial_of(stored[line.id]) for line in page.lines],
        form_kwargs={"choices": forms.LineChoices(page.dimensions)},
    )


def _render_list(
    request: TenantRequest,
    page: page_selectors.ListPage,
    grid: Any,
    *,
    form: django_forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"page": page, "grid": grid, "form": form}
    return render_page_or_part(
        request, "pricing/list.html", "pricing/_list.html", context, status=status
    )


def _form(
    request: TenantRequest,
    form: django_forms.Form,
    title: str,
    submit: str,
    cancel_url: str,
    intro: str = "",
) -> HttpResponse:
    context = {
        "title": title,
        "submit": submit,
        "cancel_url": cancel_url,
        "intro": intro,
        "crumbs": [("Price lists", reverse("pricing:list_list"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
