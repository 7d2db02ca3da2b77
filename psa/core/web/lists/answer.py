"""A list's answer to a request: page, part, totals, selection or file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from psa.core.errors import DomainError
from psa.core.web import formats
from psa.core.web.lists import export, parameters, saved
from psa.core.web.lists.page import COUNT_LIMIT, Given, build_list, export_allowed, totals_of
from psa.core.web.lists.parameters import may
from psa.core.web.lists.sources import source_of
from psa.core.web.lists.spec import ListSpec
from psa.core.web.pages import render_part, wants_part


def _file(request: HttpRequest, spec: ListSpec, given: Given) -> HttpResponse | str:
    """The export, or the sentence that says why there is none."""
    asked = parameters.read(request, spec)
    if not export_allowed(request, spec):
        return "Your role does not include exporting this list."
    limit = getattr(request, "export_limit", export.MAX_ROWS)
    source = source_of(spec, given).narrowed(request, asked)
    rows = source.rows(asked, limit + 1)
    if len(rows) > limit:
        return (
            f"This list has more than {formats.quantity_text(limit)} rows, too many for "
            "one file. Narrow it with a filter, such as a date range, and export again."
        )
    return export.response(asked.export, spec, asked.columns, rows)


def _default_view(request: HttpRequest, kept: Sequence[saved.Saved]) -> HttpResponse | None:
    """Where the bare address of a list leads for somebody who chose a view to open it with."""
    if request.GET or wants_part(request):
        return None
    chosen = next((one for one in kept if one.is_default), None)
    return HttpResponseRedirect(request.path + chosen.url) if chosen else None


def list_page(
    request: HttpRequest,
    spec: ListSpec,
    given: Given,
    *,
    template: str = "_lists/page.html",
    part: str = "_components/list_part.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The list's page, its part for htmx, its late totals, or its file.

    A file that is refused answers 422 with the page and the reason in a note; one that is only too
    large for now is offered as a job.
    """
    notes: tuple[str, ...] = ()
    status = 200
    if request.GET.get("export") in ("csv", "xlsx"):
        answer = _file(request, spec, given)
        if isinstance(answer, HttpResponse):
            return answer
        notes, status = (answer,), 422
    if request.GET.get("part") == "totals" and wants_part(request):
        asked = parameters.read(request, spec)
        source = source_of(spec, given).narrowed(request, asked)
        late = {
            "totals": totals_of(spec, asked, source),
            "has_bulk": any(may(request, b.permission) for b in spec.bulk),
        }
        return render_part(request, "_components/list_totals.html", late)
    kept = saved.views_of(actor=request.actor, list_key=spec.key)  # type: ignore[attr-defined]
    if redirect := _default_view(request, kept):
        return redirect
    page = build_list(request, spec, given, notes=notes, kept=kept)
    chosen = part if wants_part(request) else template
    shown = {"page": page, "later": request.get_full_path() if notes else "", **(context or {})}
    return render_part(request, chosen, shown, status=status)


def selected_ids(
    request: HttpRequest, spec: ListSpec, given: Given, *, limit: int = COUNT_LIMIT
) -> list[Any]:
    """The rows a bulk action is for: those ticked, or all the filters in the URL leave.

    Ids that are not in `given` are left out, so a forged one is harmless.
    Raises  DomainError if nothing is chosen, or more than `limit` rows are.
    """
    source = source_of(spec, given)
    if request.POST.get("all") == "1":
        ids = source.narrowed(request, parameters.read(request, spec)).ids(limit + 1)
    else:
        wanted = {int(v) for v in request.POST.getlist("selected") if v.isascii() and v.isdigit()}
        ids = source.only(sorted(wanted)[: limit + 1]).ids(limit + 1) if wanted else []
    if not ids:
        raise DomainError(f"No {spec.noun[1]} are selected. Tick at least one row.")
    if len(ids) > limit:
        raise DomainError(
            f"More than {formats.quantity_text(limit)} {spec.noun[1]} are selected. "
            "Narrow the list with a filter first."
        )
    return ids
