"""The day on the phone: a page that works without a network, and what it sends when there is one."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from psa.core import clock
from psa.core.access.decorators import asks_by_itself, requires
from psa.core.errors import DomainError
from psa.core.web import policies, sentences
from psa.core.web.pages import render_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import people, phone_days
from timeexpense.services import synced_changes
from timeexpense.services.expenses import ExpenseDraft, Upload
from timeexpense.services.synced_changes import TimeChange

from .phone_words import words
from .weeks import cell_draft, day_from, today_of

MAX_CHANGES = 50
MAX_RECEIPTS = 10
# What this page alone may use: the way driven, with the screen on, and a comment that is spoken.
DEVICES = policies.permitting("geolocation", "microphone", "screen-wake-lock")


def owner_of(request: TenantRequest) -> str:
    """Whose entries a browser keeps: a member of a firm, as "acme/12"."""
    return f"{request.tenant.slug}/{request.membership.pk}"  # type: ignore[attr-defined]


@require_GET
@requires(TimeExpensePermission.ENTER)
def day(request: TenantRequest, on: str | None = None) -> HttpResponse:
    """The page is the same for each day: its script fills it, from the network or what was kept."""
    day_from(on, today_of(request))
    response = render_part(
        request, "timeexpense/day.html", {"owner": owner_of(request), "words": words()}
    )
    response.headers["Permissions-Policy"] = DEVICES
    # For the service worker: keep this page for the time without a network, for this user alone.
    response.headers["X-Kept-For"] = str(request.user.pk)
    return response


@require_GET
@asks_by_itself
@requires(TimeExpensePermission.ENTER)
def day_data(request: TenantRequest) -> HttpResponse:
    """Three weeks around a day, what can be booked on, and how times are written."""
    today = today_of(request)
    found = phone_days.phone_days(
        resource=people.my_resource(request.actor),  # type: ignore[attr-defined]
        on=day_from(request.GET.get("on"), today),
        today=today,
    )
    return JsonResponse(
        {
            "owner": owner_of(request),
            "token": get_token(request),
            "today": today.isoformat(),
            **asdict(found),
        }
    )


@require_GET
@asks_by_itself
@requires(TimeExpensePermission.ENTER)
def day_spending(request: TenantRequest) -> HttpResponse:
    """What an expense may be; it changes seldom, so it is asked for once as the page opens."""
    found = phone_days.spending(
        resource=people.my_resource(request.actor),  # type: ignore[attr-defined]
        on=today_of(request),
    )
    return JsonResponse(
        {
            "owner": owner_of(request),
            "currency": request.tenant.currency,  # type: ignore[attr-defined]
            "currencies": list(settings.CURRENCIES),
            **asdict(found),
        }
    )


def from_own_session(
    view: Callable[[TenantRequest, dict[str, Any]], HttpResponse],
) -> Callable[[TenantRequest], HttpResponse]:
    """What every upload of the phone asks first: that it is its writer's own session."""

    def checked(request: TenantRequest) -> HttpResponse:
        try:
            sent = request.POST if request.FILES or request.POST else json.loads(request.body)
            owner = str(sent["owner"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return unreadable()
        if owner != owner_of(request):
            sentence = gettext(
                "These entries are somebody else's. Sign in as the one who wrote them."
            )
            return JsonResponse({"error": sentence}, status=409)
        return view(request, sent)  # type: ignore[arg-type]

    return checked


def unreadable() -> HttpResponse:
    sentence = gettext("This could not be read. Reload the page.")
    return JsonResponse({"error": sentence}, status=400)


@require_POST
@requires(TimeExpensePermission.ENTER)
@from_own_session
def day_sync(request: TenantRequest, sent: dict[str, Any]) -> HttpResponse:
    """Changes as JSON in, an answer for each out; a change that cannot be read refuses them all."""
    try:
        changes = [_change(one) for one in sent["changes"][:MAX_CHANGES]]
    except (ValueError, TypeError, KeyError, AttributeError, DomainError):
        return unreadable()
    done = synced_changes.sync_time(
        changes=changes,
        actor=request.actor,  # type: ignore[attr-defined]
        at=clock.now(),
    )
    told = (replace(one, sentence=sentences.told(one.sentence)) for one in done)
    return JsonResponse({"answers": [asdict(one) for one in told]})


def _change(sent: dict[str, Any]) -> TimeChange:
    change_id = UUID(str(sent["id"]))
    cell = cell_draft(
        {**sent, "ref": str(change_id), "key": None if sent.get("entry") else str(change_id)}
    )
    return TimeChange(change_id, cell)


@require_POST
@requires(TimeExpensePermission.ENTER)
@from_own_session
def expense_sync(request: TenantRequest, sent: dict[str, Any]) -> HttpResponse:
    """One expense with its photos in, its answer out; a refusal names its field."""
    form = forms.PhoneExpense(sent)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        label = form.fields[field].label if field in form.fields else ""
        return _refused(f"{label}: {errors[0]}" if label else str(errors[0]), field)
    given = form.cleaned_data
    spent_on: date = given["spent_on"]
    try:
        done = synced_changes.sync_expense(
            change_id=given["id"],
            draft=ExpenseDraft(
                category_id=given["category"],
                spent_on=spent_on,
                currency=given["currency"],
                amount=given["amount"],
                project_id=given["project"],
                task_id=given["task"],
                payment_method=given["payment_method"],
                merchant=given["merchant"],
                description=given["description"],
                kind_fields=form.kind_fields(),
            ),
            receipts=[
                Upload(file.name or "receipt.jpg", file)
                for file in request.FILES.getlist("receipts")[:MAX_RECEIPTS]
            ],
            title=gettext("Expenses of %(month)s") % {"month": date_format(spent_on, "F Y")},
            actor=request.actor,  # type: ignore[attr-defined]
            at=clock.now(),
        )
    except DomainError as error:
        return _refused(error.message, error.field or "")
    return JsonResponse({"status": "saved", **asdict(done)})


def _refused(sentence: str, field: str) -> HttpResponse:
    return JsonResponse({"status": "failed", "sentence": sentences.told(sentence), "field": field})
