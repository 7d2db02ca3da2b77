"""Pages of imports: file, columns, check, import, result, undo."""

import csv
import io

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists as web_lists
from psa.core.web.lists.export import harmless
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms, kind_registry, lists_of_imports, selectors
from .models import ImportRow, ImportRun
from .permissions import IMPORT_PERMISSIONS
from .services import running, staging
from .unknown_names import unknown_names


@require_GET
@requires(*IMPORT_PERMISSIONS)
def run_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.run_rows(actor=request.actor)
    return web_lists.list_page(request, lists_of_imports.IMPORTS, rows)


@require_http_methods(["GET", "POST"])
@requires(*IMPORT_PERMISSIONS)
def create(request: TenantRequest) -> HttpResponse:
    form = forms.NewImport(
        request.POST or None,
        request.FILES or None,
        actor=request.actor,
        initial={"kind": request.GET.get("kind", "")},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            run = staging.stage_file(actor=request.actor, at=clock.now(), **form.arguments())
            return go_to(request, "imports:run", run.pk)
    context = {
        "title": "New import",
        "submit": "Read the file",
        "cancel_url": reverse("imports:run_list"),
        "intro": "Nothing is written yet: next you say which column is what and see what each row "
        "would become.",
        "crumbs": [("Imports", reverse("imports:run_list"))],
        "kinds": kind_registry.kinds_for(request.actor),
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(*IMPORT_PERMISSIONS)
def run(request: TenantRequest, run_id: int) -> HttpResponse:
    return _page(request, run_id)


@require_POST
@requires(*IMPORT_PERMISSIONS)
def run_columns(request: TenantRequest, run_id: int) -> HttpResponse:
    found = selectors.get_run(actor=request.actor, run_id=run_id)
    kind = kind_registry.get(found.kind)
    unknown = unknown_names(found, kind)
    form = forms.Columns(request.POST, run=found, kind=kind, unknown=unknown)
    with errors_on(form):
        if form.is_valid():
            running.map_and_check(
                run_id=run_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "imports:run", run_id)
    return _page(request, run_id, columns=form)


@require_POST
@requires(*IMPORT_PERMISSIONS)
def run_apply(request: TenantRequest, run_id: int) -> HttpResponse:
    form = forms.Apply(request.POST)
    with errors_on(form):
        if form.is_valid():
            running.start_apply(
                run_id=run_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "imports:run", run_id)
    return _page(request, run_id, apply=form)


@require_POST
@requires(*IMPORT_PERMISSIONS)
def run_undo(request: TenantRequest, run_id: int) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        running.start_undo(run_id=run_id, actor=request.actor, at=clock.now())
    if form.is_valid():
        return go_to(request, "imports:run", run_id)
    return _page(request, run_id, apply=form)


@require_POST
@requires(*IMPORT_PERMISSIONS)
def run_discard(request: TenantRequest, run_id: int) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        staging.discard_run(run_id=run_id, actor=request.actor, at=clock.now())
    if form.is_valid():
        return go_to(request, "imports:run_list", toast="Import discarded")
    return _page(request, run_id, apply=form)


@require_GET
@requires(*IMPORT_PERMISSIONS)
def row_list(request: TenantRequest, run_id: int) -> HttpResponse:
    found = selectors.get_run(actor=request.actor, run_id=run_id)
    rows = selectors.rows_of(found, actor=request.actor).values(
        "id", "number", "state", "sentence", "cells"
    )
    context = {"of_record": {"label": found.filename, "url": reverse("imports:run", args=[run_id])}}
    return web_lists.list_page(request, lists_of_imports.ROWS, rows, context=context)


@require_GET
@requires(*IMPORT_PERMISSIONS)
def row_errors(request: TenantRequest, run_id: int) -> HttpResponse:
    """The rows that were not imported as a file to mend: its own columns, then the reason."""
    found = selectors.get_run(actor=request.actor, run_id=run_id)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*map(harmless, found.header), "Row", "Problem"])
    bad = selectors.rows_of(found, actor=request.actor).filter(state=ImportRow.State.BAD)
    for number, cells, sentence in bad.order_by("number").values_list(
        "number", "cells", "sentence"
    ):
        writer.writerow([*map(harmless, cells), number, harmless(sentence)])
    answer = HttpResponse(
        out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="import-{found.pk}-errors.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _page(
    request: TenantRequest,
    run_id: int,
    *,
    columns: forms.Columns | None = None,
    apply: django_forms.Form | None = None,
) -> HttpResponse:
    page = selectors.run_page(actor=request.actor, run_id=run_id)
    is_open = page.run.state in (ImportRun.State.STAGED, ImportRun.State.CHECKED)
    if columns is None and is_open:
        columns = forms.Columns(
            run=page.run,
            kind=page.kind,
            unknown=unknown_names(page.run, page.kind),
            initial={"lock_version": page.run.lock_version},
        )
    refused = bool((columns and columns.errors) or (apply and apply.errors))
    context = {
        "page": page,
        "badge": lists_of_imports.RUN_STATES[page.run.state],
        "row_states": lists_of_imports.ROW_STATES,
        "columns": columns,
        "apply": apply or forms.Apply(),
        "steps": selectors.STEPS,
    }
    return render_page_or_part(
        request, "imports/run.html", "imports/_run.html", context, status=422 if refused else 200
    )
