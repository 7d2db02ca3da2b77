"""Endpoints of the audit trail, for who may read it."""

from typing import Any

from psa.core.access.permissions import AccessPermission
from psa.core.web.api import ApiRequest, Endpoints, shape
from psa.core.web.api.fields import Id

from . import lists_of_audit, selectors

endpoints = Endpoints("audit", "Audit")
EntryOut = shape(selectors.EntryPage, "AuditEntryOut")


@endpoints.list(
    "/audit-entries",
    lists_of_audit.ENTRIES,
    AccessPermission.VIEW_AUDIT,
    name="AuditEntry",
    max_limit=1000,
)
def list_audit_entries(request: ApiRequest) -> Any:
    """Who did what, when, and through which door."""
    return selectors.entries(actor=request.actor)


@endpoints.read("/audit-entries/{entry_id}", EntryOut, AccessPermission.VIEW_AUDIT)
def get_audit_entry(request: ApiRequest, entry_id: Id) -> Any:
    """One entry with what it changed; rates only for who may see them."""
    return selectors.get_entry(actor=request.actor, entry_id=entry_id)
