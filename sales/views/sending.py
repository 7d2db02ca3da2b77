"""Pages of sending a quote to its customer."""

from uuid import uuid4

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest
from sales.forms.sending import SendQuote
from sales.models import Quote
from sales.permissions import SalesPermission
from sales.selectors import quote_mails, visibility
from sales.services import sending

from .quotes import PlainForm, render_quote

INTRO = "With this step the quote is frozen as a PDF; what changes later is a new version."


@require_http_methods(["GET", "POST"])
@requires(SalesPermission.MANAGE)
def quote_send(request: TenantRequest, quote_id: int) -> HttpResponse:
    """Send a draft, or mail a quote that is sent once more."""
    known = visibility.get_quote(actor=request.actor, quote_id=quote_id)
    is_draft = known.status == Quote.Status.DRAFT
    if is_draft and request.method == "GET":
        unready = PlainForm({})
        with errors_on(unready):
            sending.check_is_ready(known, clock.today())
        if unready.errors:
            return render_quote(request, quote_id, refused=unready)
    addressees = quote_mails.addressees(known)
    form = SendQuote(
        request.POST or None,
        known=addressees,
        is_draft=is_draft,
        initial={
            "request_key": uuid4().hex,
            "recipients": addressees.first,
            "message": quote_mails.usual_message(known),
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            mail, at = form.mail(), clock.now()
            if is_draft:
                sending.send_quote(quote_id=quote_id, mail=mail, actor=request.actor, at=at)
            elif mail is not None:
                sending.mail_quote(quote_id=quote_id, mail=mail, actor=request.actor, at=at)
            told = f"{known.number} is on its way" if mail else "Quote sent: its PDF is frozen"
            return go_to(request, "sales:quote", quote_id, toast=told)
    url = reverse("sales:quote", args=[quote_id])
    context = {
        "title": f"Send {known.number}",
        "intro": INTRO if is_draft else "",
        "submit": "Send",
        "cancel_url": url,
        "crumbs": [("Quotes", reverse("sales:quote_list")), (known.number, url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_POST
@requires(SalesPermission.MANAGE)
def quote_mail_retry(request: TenantRequest, mail_id: int) -> HttpResponse:
    row = sending.retry_mail(mail_id=mail_id, actor=request.actor, at=clock.now())
    return go_to(request, "sales:quote", row.record_id, toast=f"Sending to {row.recipient}")
