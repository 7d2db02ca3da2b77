"""Error pages that help: what happened, and the ways on."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix

from psa.core.access.middleware import FirmSuspended
from psa.core.errors import Conflict, DomainError, NotFound, NotSetUp, PermissionDenied
from psa.core.org.features import NotOffered
from psa.core.tenancy.scope import current_tenant_id
from psa.core.web import sentences

IN_FIRM = "errors/in_firm.html"
OUTSIDE = "errors/outside.html"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`text` is what happened when nobody says more exactly; `advice` follows whatever is said."""

    status: int
    title: str
    text: str
    advice: str = ""


BAD_REQUEST = Trouble(
    400,
    "This request could not be read",
    "Something in the address or the form was not as expected. Go back, reload, and try again.",
)
FORBIDDEN = Trouble(
    403,
    "Your role does not include this",
    "",
    "An administrator of your organisation can add it to your role, or somebody who has it can do "
    "this for you.",
)
MISSING = Trouble(
    404,
    "There is nothing here",
    "The address may be old or mistyped, the record may have been removed, or it may belong to "
    "somebody else.",
)
NOT_SET_UP = Trouble(404, "This is not set up for you yet", "")
STALE = Trouble(
    409,
    "Somebody else was first",
    "The record has changed since you opened it. Reload it and look again before you go on.",
)
REFUSED = Trouble(422, "This was not done", "")
NOT_OFFERED = Trouble(422, "Your firm works without this", "")
FAILED = Trouble(
    500,
    "Something broke on our side",
    "Nothing of your last step was kept. It has been logged; try again in a moment.",
)
SUSPENDED = Trouble(403, "This firm is suspended", "")
EXPIRED = Trouble(
    403,
    "This form is too old to send",
    "You signed in again, or cookies are switched off. Go back, reload the page and send it anew.",
)


def answer(request: HttpRequest, trouble: Trouble, text: str = "") -> HttpResponse:
    """The error page, or for htmx the sentence alone, which the page shows as a toast.

    A member finds it between the firm's navigation; who is in no firm is told nothing of one.
    """
    message = sentences.told(text or trouble.text or trouble.advice)
    if getattr(request, "htmx", None):
        return HttpResponse(
            message, status=trouble.status, content_type="text/plain; charset=utf-8"
        )
    return render(request, _template(request), _context(trouble, message), status=trouble.status)


def _template(request: HttpRequest) -> str:
    # A program of the API is a member as well, but its addresses are not those of pages.
    is_page = getattr(request, "urlconf", None) == settings.TENANT_URLCONF
    is_inside = is_page and hasattr(request, "membership") and current_tenant_id()
    return IN_FIRM if is_inside else OUTSIDE


def _context(trouble: Trouble, message: str) -> dict[str, object]:
    advice = sentences.told(trouble.advice)
    return {
        "trouble": trouble,
        "message": message,
        "advice": "" if advice == message else advice,
        "is_missing": trouble is MISSING,
        "home": get_script_prefix(),
    }


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page for a refusal that no form took up."""
    if isinstance(error, NotSetUp):
        return answer(request, NOT_SET_UP, str(error))
    if isinstance(error, NotFound):
        return answer(request, MISSING)
    if isinstance(error, PermissionDenied):
        return answer(request, FORBIDDEN, str(error))
    if isinstance(error, NotOffered):
        return answer(request, NOT_OFFERED, str(error))
    return answer(request, STALE if isinstance(error, Conflict) else REFUSED, str(error))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    reason = str(exception) if exception and exception.args else ""
    trouble = SUSPENDED if isinstance(exception, FirmSuspended) else FORBIDDEN
    return answer(request, trouble, reason)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, MISSING)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without context processors and without the firm: whatever failed must not fail again."""
    if getattr(request, "htmx", None):
        return answer(request, FAILED)
    from django.template.loader import render_to_string

    body = render_to_string(OUTSIDE, _context(FAILED, FAILED.text))
    return HttpResponse(body, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return answer(request, EXPIRED)
