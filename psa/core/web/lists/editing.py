"""A cell changed where it stands, by the service and the checks that the record's form uses."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from psa.core.errors import NotFound
from psa.core.web import stale
from psa.core.web.lists import cells, parameters
from psa.core.web.lists.page import Given, edit_address, row_label
from psa.core.web.lists.sources import source_of
from psa.core.web.lists.spec import Column, Edit, ListSpec
from psa.core.web.pages import errors_on, go_to_url, render_form, render_part, wants_part


def edit_cell(
    request: HttpRequest,
    spec: ListSpec,
    rows: Callable[[], Given],
    *,
    row_id: int,
    record: str,
    values: Mapping[str, Any],
    save: Callable[[str, Any], object],
    back: str,
) -> HttpResponse:
    """One cell: its field for GET, the saved cell for POST, the plain one for `?shown=1`.

    `rows` reads the list anew (after the save it is asked again); `record` names the row as
    `stale.watch` does, `values` are its present ones by name, and `save` is the one service call.
    Without script the field is a page of its own that leads `back`.
    Raises  NotFound for a row or column that is not there, or not the reader's to change.
    """
    column, edit = _editable(request, spec)
    row, label = _row(spec, rows(), row_id)
    if edit_address(request, spec, column, row, label) is None:
        raise NotFound("This cannot be changed in the list.")
    if request.method == "GET" and "shown" in request.GET:
        return _cell(request, spec, column, row, label)
    name = edit.name or column.key
    form = forms.Form(request.POST or None, initial={name: values[name]}, auto_id="cell-%s")
    form.fields[name] = edit.field(request)
    form.fields[name].label = column.label
    stale.watch(form, record=record)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            save(name, form.cleaned_data[name])
            if not wants_part(request):
                return go_to_url(request, back, toast="Saved")
            return _cell(request, spec, column, *_row(spec, rows(), row_id))
    sentences = [str(error) for errors in form.errors.values() for error in errors]
    context = {
        "title": f"{column.label}: {label}",
        "submit": "Save",
        "cancel_url": back,
        "crumbs": [(spec.title, back)],
        "control": form[name],
        "row_label": label,
        "sentences": sentences,
    }
    return render_form(
        request, form, page="_form.html", part="_components/cell_form.html", context=context
    )


def _editable(request: HttpRequest, spec: ListSpec) -> tuple[Column, Edit]:
    key = request.GET.get("column", "")
    for column in parameters.visible_columns(request, spec):
        if column.key == key and column.edit and parameters.may(request, column.edit.permission):
            return column, column.edit
    raise NotFound("This list has no such column to change.")


def _row(spec: ListSpec, given: Given, row_id: int) -> tuple[Any, str]:
    found = source_of(spec, given).only([row_id])
    row = found.first()
    if row is None:
        raise NotFound("There is no such row, or it is not yours to see.")
    return row, row_label(spec, row, spec.columns)


def _cell(
    request: HttpRequest, spec: ListSpec, column: Column, row: Any, label: str
) -> HttpResponse:
    edit = edit_address(request, spec, column, row, label)
    html = cells.cell(spec, column, row, is_head=False, is_wide=False, edit=edit).html
    return render_part(request, "_components/cell.html", {"cell": html})
