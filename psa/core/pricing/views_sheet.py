"""The sheet of a list's lines: as data for its script, saved row by row, and as a file."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import PricingPermission
from psa.core.errors import Conflict, DomainError
from psa.core.web import sentences
from psa.core.web.lists.export import XLSX_TYPE
from psa.core.web.requests import TenantRequest

from . import sheet_selectors
from .services import sheet
from .visibility import LIST_PERMISSIONS, visible_list

_TEXT = 400
_UNREADABLE = "This could not be read. Load the page again."


@require_GET
@requires(*LIST_PERMISSIONS)
def list_sheet(request: TenantRequest, list_id: int) -> HttpResponse:
    """Columns and rows as data."""
    found = sheet_selectors.sheet(actor=request.actor, list_id=list_id)
    answer = JsonResponse(found.as_data())
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@requires(PricingPermission.MANAGE_LISTS)
def list_sheet_save(request: TenantRequest, list_id: int) -> HttpResponse:
    """Rows as JSON in, an outcome for each out."""
    visible_list(request.actor, list_id)
    try:
        sent = json.loads(request.body)
        rows = [_row(one) for one in sent.get("rows", [])]
        removed = [int(pk) for pk in sent.get("removed", [])]
        lock_version = int(sent["lock_version"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return JsonResponse({"error": sentences.told(_UNREADABLE)}, status=400)
    if any(not 0 < pk < 2**63 for pk in [*removed, *(r.line_id for r in rows if r.line_id)]):
        return JsonResponse({"error": sentences.told(_UNREADABLE)}, status=400)
    try:
        done = sheet.save_rows(
            list_id=list_id,
            rows=rows,
            removed_ids=removed,
            lock_version=lock_version,
            actor=request.actor,
            at=clock.now(),
        )
    except Conflict as error:
        return JsonResponse({"error": sentences.told(error.message)}, status=409)
    except DomainError as error:
        return JsonResponse({"error": sentences.told(error.message)}, status=422)
    saved = sheet_selectors.saved_rows(
        actor=request.actor,
        list_id=list_id,
        line_ids=[one.line_id for one in done.rows if one.status == sheet.SAVED and one.line_id],
    )
    return JsonResponse(
        {
            "lock_version": done.lock_version,
            "rows": [
                {
                    "ref": one.ref, "id": one.line_id, "status": one.status,
                    "sentence": sentences.told(one.sentence), "field": one.field,
                    "values": saved.get(one.line_id or 0) if one.status == sheet.SAVED else None,
                }
                for one in done.rows
            ],
        }
    )  # fmt: skip


@require_GET
@requires(*LIST_PERMISSIONS)
def list_csv(request: TenantRequest, list_id: int) -> HttpResponse:
    """The lines as a file that the import reads back."""
    found = sheet_selectors.sheet(actor=request.actor, list_id=list_id)
    return _file(
        sheet_selectors.as_csv(found), "text/csv; charset=utf-8", f"price-list-{list_id}.csv"
    )


@require_GET
@requires(*LIST_PERMISSIONS)
def list_xlsx(request: TenantRequest, list_id: int) -> HttpResponse:
    """The lines as a workbook that the import reads back."""
    found = sheet_selectors.sheet(actor=request.actor, list_id=list_id)
    return _file(sheet_selectors.as_xlsx(found), XLSX_TYPE, f"price-list-{list_id}.xlsx")


def _file(body: bytes, content_type: str, filename: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _row(sent: dict[str, Any]) -> sheet.SheetRow:
    line_id = sent.get("id")
    values = {
        str(code)[:40]: str(text)[:_TEXT].replace("\x00", "")
        for code, text in sent["values"].items()
    }
    return sheet.SheetRow(str(sent.get("ref", ""))[:40], int(line_id) if line_id else None, values)
