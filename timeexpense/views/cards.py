"""Company cards: importing statements with a preview, and matching their lines."""

import base64

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.money.rounding import round_to_minor
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense import forms, forms_cards, lists_of_cards
from timeexpense.models import ExpenseEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import cards as selectors
from timeexpense.selectors import expenses as expense_selectors
from timeexpense.services import cards

ENTER, MANAGE = TimeExpensePermission.ENTER, TimeExpensePermission.MANAGE_CARDS


@require_GET
@requires(ENTER, MANAGE)
def card_lines(request: TenantRequest) -> HttpResponse:
    rows = selectors.line_rows(actor=request.actor)  # type: ignore[attr-defined]
    return lists.list_page(request, lists_of_cards.LINES, rows)


@require_GET
@requires(MANAGE)
def card_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_cards.CARDS, selectors.cards())


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def card_create(request: TenantRequest) -> HttpResponse:
    form = forms_cards.Card(request.POST or None, initial={"currency": request.tenant.currency})  # type: ignore[attr-defined]
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            cards.save_card(
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
                **form.arguments(),
            )
            return go_to(request, "timeexpense:cards", toast="Card added")
    url = reverse("timeexpense:cards")
    context = {
        "title": "New card",
        "submit": "Add card",
        "cancel_url": url,
        "crumbs": [("Cards", url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_http_methods(["GET", "POST"])
@requires(MANAGE)
def statement_import(request: TenantRequest) -> HttpResponse:
    """First a look at what the file holds, then the same file imported."""
    form = forms_cards.Statement(
        request.POST or None,
        request.FILES or None,
        initial={"currency": request.tenant.currency},  # type: ignore[attr-defined]
    )
    found = None
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            given = form.arguments()
            actor = request.actor  # type: ignore[attr-defined]
            if form.cleaned_data["step"] == "import":
                done = cards.import_statement(actor=actor, at=clock.now(), **given)
                told = f"{done.line_count} lines imported, {done.known_count} were there already"
                return go_to(request, "timeexpense:card_lines", toast=told)
            found = cards.preview(actor=actor, **given)
            # The file comes back with the second step, so that nothing waits on the server.
            form = forms_cards.Statement(
                initial=form.cleaned_data
                | {
                    "kept": base64.b64encode(given["content"]).decode(),
                    "kept_name": given["filename"],
                }
            )
    if form.errors:
        form.keep_file()
    return render_form(
        request,
        form,
        page="timeexpense/card_statement.html",
        part="timeexpense/_card_statement.html",
        context={"found": found},
    )


@require_GET
@requires(ENTER, MANAGE)
def card_line(request: TenantRequest, card_line_id: int) -> HttpResponse:
    return _render(request, card_line_id)


def _render(
    request: TenantRequest,
    line_id: int,
    form: forms.Nothing | forms.Reason | forms_cards.Match | None = None,
) -> HttpResponse:
    page = selectors.line_page(
        actor=request.actor,  # type: ignore[attr-defined]
        line_id=line_id,
    )
    context = {
        "page": page,
        "state": lists_of_cards.STATES[page.row.state],
        "form": form,
        "filled_in": _filled_in(page),
        "dismiss": form if isinstance(form, forms.Reason) else forms.Reason(),
    }
    return render_page_or_part(
        request, "timeexpense/card_line.html", "timeexpense/_card_line.html", context,
        status=422 if form and form.errors else 200,
    )  # fmt: skip


def _filled_in(page: selectors.LinePage) -> str:
    """What the line says already of its expense, as the form of an expense takes it."""
    first = expense_selectors.plain_categories().values_list("id", flat=True).first()
    return urlencode(
        {
            "category": first or "",
            "spent_on": page.row.spent_on.isoformat(),
            "amount": f"{round_to_minor(page.row.amount.amount, page.currency)}",
            "currency": page.currency,
            "merchant": page.row.merchant,
            "payment_method": ExpenseEntry.PaymentMethod.CARD.value,
        }
    )


@require_POST
@requires(ENTER, MANAGE)
def card_line_match(request: TenantRequest, card_line_id: int) -> HttpResponse:
    form = forms_cards.Match(request.POST)
    with errors_on(form):
        if form.is_valid():
            cards.match_line(
                line_id=card_line_id,
                entry_id=form.cleaned_data["entry"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:card_lines", toast="Matched")
    return _render(request, card_line_id, form)


@require_POST
@requires(ENTER, MANAGE)
def card_line_dismiss(request: TenantRequest, card_line_id: int) -> HttpResponse:
    form = forms.Reason(request.POST)
    with errors_on(form):
        if form.is_valid():
            cards.dismiss_line(
                line_id=card_line_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:card_lines", toast="No expense")
    return _render(request, card_line_id, form)


@require_POST
@requires(ENTER, MANAGE)
def card_line_free(request: TenantRequest, card_line_id: int) -> HttpResponse:
    form = forms.Nothing(request.POST)
    with errors_on(form):
        if form.is_valid():
            cards.unmatch_line(
                line_id=card_line_id,
                actor=request.actor,  # type: ignore[attr-defined]
                at=clock.now(),
            )
            return go_to(request, "timeexpense:card_line", card_line_id, toast="Open again")
    return _render(request, card_line_id, form)
