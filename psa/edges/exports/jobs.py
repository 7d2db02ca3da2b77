"""A list as a file, by the very view that shows it: its permission, its rows, its columns.

The job asks the list's address again as the member who wanted the file, with the permissions they
hold when it runs. Nothing is exported that they could not page through.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.urls import (
    Resolver404,
    get_script_prefix,
    resolve,
    reverse,
    set_script_prefix,
    set_urlconf,
)
from django_htmx.middleware import HtmxDetails

from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.documents import services as documents
from psa.core.documents.models import Document
from psa.core.errors import DomainError
from psa.core.jobs import registry
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind
from psa.core.web import personal
from psa.core.web.middleware import as_for_strangers, read_as

KIND = "lists.export"
RECORD = "exports.File"
MAX_ROWS = 200_000


def start_export(*, address: str, actor: Actor, at: datetime) -> JobRun:
    """Queue the file of a list's address (its path inside the firm, and its query).

    Raises  DomainError when the address is no list's, or asks for no file.
    """
    parts = urlsplit(address)
    kind = QueryDict(parts.query).get("export", "")
    path = "/" + parts.path.removeprefix(get_script_prefix()).lstrip("/")
    try:
        resolve(path, settings.TENANT_URLCONF)
    except Resolver404:
        raise DomainError(
            "This is not the address of a list. Open the list and export again."
        ) from None
    if kind not in ("csv", "xlsx"):
        raise DomainError("Choose a kind of file: an Excel workbook or CSV.")
    return jobs.start(
        kind=KIND,
        key=f"{actor.membership_id} {at.isoformat()}",
        title=f"Export of {path.strip('/')} as {kind.upper()}",
        arguments={"path": path, "query": parts.query[:4000], "kind": kind},
        actor=actor,
        at=at,
    )


def plan(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    """No part of it can be left out: the last step is all of it, and fails whole."""
    return []


def make(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    """Ask the list for its file and keep it for whoever wanted it."""
    membership = Membership.objects.select_related("tenant").get(pk=run.requested_by_id)
    response = _ask(membership, actor, arguments["path"], arguments["query"])
    if "attachment" not in response.get("Content-Disposition", ""):
        raise DomainError(
            f"The list could not be made into a file. It may have more than {MAX_ROWS:,} rows, or "
            "your role may not include its export any more."
        )
    name = response["Content-Disposition"].partition('filename="')[2].rstrip('"')
    document = documents.store_generated(
        record_type=RECORD,
        record_id=run.pk,
        filename=name,
        content=response.content,
        content_type=response["Content-Type"],
        kind="export",
        at=at,
    )
    return ChunkResult(message=f"{name} is ready", result={"document_id": document.pk})


def is_own(actor: Actor, run_id: int) -> bool:
    """Whether the file was made for this member: nobody else downloads it."""
    mine = JobRun.objects.filter(pk=run_id, kind=KIND, requested_by_id=actor.membership_id)
    return actor.membership_id is not None and mine.exists()


def _ask(membership: Membership, actor: Actor, path: str, query: str) -> Any:
    request: Any = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = path
    request.GET = QueryDict(query)
    request.META = {"SERVER_NAME": "localhost", "SERVER_PORT": "80", "QUERY_STRING": query}
    request.user, request.tenant = membership.user, membership.tenant
    request.membership, request.actor = membership, actor
    request.htmx = HtmxDetails(request)
    request.personal = personal.settings_of(actor)
    request.export_limit = MAX_ROWS
    former = get_script_prefix()
    set_script_prefix(f"/{membership.tenant.slug}/")
    set_urlconf(settings.TENANT_URLCONF)
    read_as(membership, request.personal, membership.tenant.locale)
    try:
        match = resolve(path, settings.TENANT_URLCONF)
        request.resolver_match = match
        return match.func(request, *match.args, **match.kwargs)
    finally:
        as_for_strangers()
        set_urlconf(None)
        set_script_prefix(former)


def _result_url(run: JobRun) -> str | None:
    document_id = run.result.get("document_id")
    if not document_id or not Document.objects.filter(pk=document_id).exists():
        return None
    return reverse("documents:download", args=[document_id])


registry.register(
    JobKind(
        kind=KIND, title="Export a list", permission="", plan=plan, run_chunk=make, finish=make,
        result_url=_result_url,
    )
)  # fmt: skip
