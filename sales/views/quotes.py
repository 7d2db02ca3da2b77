"""Pages of quotes: list, record with its estimate, lines, milestones, sending, versions."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org import selectors as org
from psa.core.web import lists
from psa.core.web.forms import MinutesField
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from sales import policies
from sales.forms.quotes import DetailForm, LineForm, MilestonesForm, QuoteForm
from sales.models import Quote, QuoteLine, QuoteLineDetail
from sales.permissions import SalesPermission
from sales.selectors import quotes as selectors
from sales.selectors import visibility
from sales.services import estimates, quotes

from . import activity
from . import lists as specs

SEES = (SalesPermission.VIEW, SalesPermission.VIEW_OWN)


class EffortForm(django_forms.Form):
    """The one cell of the grid that is typed in place."""

    minutes = MinutesField(required=False)
    quantity = django_forms.DecimalField(required=False, max_digits=19, decimal_places=4)


class PlainForm(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@requires(*SEES)
def quote_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.QUOTES, selectors.quotes(actor=request.actor))


@requires(*SEES)
def quote(request: TenantRequest, quote_id: int) -> HttpResponse:
    return render_quote(request, quote_id)


@requires(SalesPermission.MANAGE)
def quote_edit(request: TenantRequest, quote_id: int) -> HttpResponse:
    known = visibility.get_quote(actor=request.actor, quote_id=quote_id)
    form = QuoteForm(request.POST or None, initial=QuoteForm.initial_of(known))
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            quotes.edit_quote(
                quote_id=quote_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "sales:quote", quote_id, toast="Quote saved")
    return _form(request, form, known, title="Scope and terms")


@requires(SalesPermission.MANAGE)
def line_create(request: TenantRequest, quote_id: int) -> HttpResponse:
    known = visibility.get_quote(actor=request.actor, quote_id=quote_id)
    asked = request.POST.get("billing_method") or request.GET.get("method", "")
    known_methods: list[str] = QuoteLine.Method.values
    method = asked if asked in known_methods else QuoteLine.Method.TIME_AND_MATERIAL.value
    form = LineForm(
        request.POST or None,
        currency=known.currency,
        method=method,
        initial={
            "billing_method": method,
            "invoice_frequency": org.parameters().invoice_frequency,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            quotes.add_line(
                quote_id=quote_id, terms=form.terms(), actor=request.actor, at=clock.now()
            )
            return go_to(request, "sales:quote", quote_id, toast="Line added")
    label = QuoteLine.Method(method).label
    return _form(request, form, known, title=f"New line: {label}", submit="Add line")


@requires(SalesPermission.MANAGE)
def line_edit(request: TenantRequest, line_id: int) -> HttpResponse:
    line = visibility.get_quote_line(actor=request.actor, line_id=line_id)
    form = LineForm(
        request.POST or None, currency=line.quote.currency, initial=LineForm.initial_of(line)
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            quotes.edit_line(
                line_id=line_id, terms=form.terms(), actor=request.actor, at=clock.now()
            )
            return go_to(request, "sales:quote", line.quote_id, toast="Line saved")
    return _form(request, form, line.quote, title=f"Edit {line.name}")


@require_POST
@requires(SalesPermission.MANAGE)
def line_remove(request: TenantRequest, line_id: int) -> HttpResponse:
    line = visibility.get_quote_line(actor=request.actor, line_id=line_id)
    form = PlainForm({})
    with errors_on(form):
        quotes.remove_line(line_id=line_id, actor=request.actor, at=clock.now())
    return _after_change(request, line.quote_id, form)


@requires(SalesPermission.MANAGE)
def milestones(request: TenantRequest, line_id: int) -> HttpResponse:
    line = visibility.get_quote_line(actor=request.actor, line_id=line_id)
    form = MilestonesForm(
        request.POST or None,
        currency=line.quote.currency,
        initial=MilestonesForm.initial_of(line),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            quotes.set_milestones(
                line_id=line_id,
                milestones=form.milestones(),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:quote", line.quote_id, toast="Milestones saved")
    return _form(request, form, line.quote, title=f"Milestones of {line.name}")


@requires(SalesPermission.MANAGE)
def detail_create(request: TenantRequest, line_id: int, transaction_class: str) -> HttpResponse:
    """Add a row: from the grid's last row by htmx, or from a page of its own."""
    line = visibility.get_quote_line(actor=request.actor, line_id=line_id)
    if transaction_class not in list(TransactionClass):
        raise NotFound("There is no such kind of row.")
    form = _detail_form(request, line, transaction_class)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            estimates.add_detail(
                line_id=line_id,
                detail=form.detail(transaction_class=transaction_class),
                actor=request.actor,
                at=clock.now(),
            )
            if request.POST.get("grid"):
                return _after_change(request, line.quote_id, form)
            return go_to(request, "sales:quote", line.quote_id, toast="Row added")
    if request.POST.get("grid"):
        return render_quote(request, line.quote_id, refused=form, refused_line_id=line_id)
    return _form(request, form, line.quote, title=f"Estimate of {line.name}", submit="Add row")


@requires(SalesPermission.MANAGE)
def detail_edit(request: TenantRequest, detail_id: int) -> HttpResponse:
    row = _row(request, detail_id)
    known = row.line.quote
    is_time = row.transaction_class == TransactionClass.TIME
    typed = estimates.as_typed(row)
    sees_cost = policies.sees_cost(request.actor, known.opportunity.owner_id)
    sees_bill = policies.sees_bill(request.actor, known.opportunity.owner_id)
    initial = {
        "role": typed.role_id,
        "category": typed.category_id,
        "resourcing_unit": typed.resourcing_unit_id or "",
        "description": typed.description,
        "starts_on": typed.starts_on,
        "minutes": typed.minutes,
        "quantity": typed.quantity,
        "cost_rate": typed.cost_rate if sees_cost else None,
        "bill_rate": typed.bill_rate if sees_bill else None,
        "override_reason": typed.override_reason,
    }
    form = DetailForm(request.POST or None, is_time=is_time, initial=initial)
    if not sees_cost:
        del form.fields["cost_rate"]
    if not sees_bill:
        del form.fields["bill_rate"]
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            estimates.edit_detail(
                detail_id=detail_id,
                detail=form.detail(
                    transaction_class=row.transaction_class,
                    unseen_cost_rate=typed.cost_rate,
                    unseen_bill_rate=typed.bill_rate,
                ),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:quote", known.pk, toast="Row saved")
    return _form(request, form, known, title=f"Row of {row.line.name}")


@require_POST
@requires(SalesPermission.MANAGE)
def detail_effort(request: TenantRequest, detail_id: int) -> HttpResponse:
    row = _row(request, detail_id)
    form = EffortForm(request.POST)
    with errors_on(form):
        if form.is_valid():
            estimates.set_effort(
                detail_id=detail_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
    return _after_change(request, row.line.quote_id, form)


@require_POST
@requires(SalesPermission.MANAGE)
def detail_remove(request: TenantRequest, detail_id: int) -> HttpResponse:
    row = _row(request, detail_id)
    form = PlainForm({})
    with errors_on(form):
        estimates.remove_detail(detail_id=detail_id, actor=request.actor, at=clock.now())
    return _after_change(request, row.line.quote_id, form)


@require_POST
@requires(SalesPermission.MANAGE)
def quote_reprice(request: TenantRequest, quote_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        estimates.reprice_quote(quote_id=quote_id, actor=request.actor, at=clock.now())
    return _after_change(request, quote_id, form)


@require_POST
@requires(SalesPermission.MANAGE)
def quote_revise(request: TenantRequest, quote_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        made = quotes.revise_quote(quote_id=quote_id, actor=request.actor, at=clock.now())
        return go_to(request, "sales:quote", made.pk, toast=f"Version {made.version} created")
    return render_quote(request, quote_id, refused=form)


@requires(*SEES)
def quote_compare(request: TenantRequest, quote_id: int, other_id: int) -> HttpResponse:
    known = visibility.get_quote(actor=request.actor, quote_id=quote_id)
    other = visibility.get_quote(actor=request.actor, quote_id=other_id)
    rows = selectors.compare_versions(actor=request.actor, quote_id=quote_id, other_id=other_id)
    older, newer = sorted((known, other), key=lambda version: version.version)
    return render_page_or_part(
        request,
        "sales/quote_compare.html",
        "sales/_quote_compare.html",
        {"quote": known, "older": older, "newer": newer, "rows": rows},
    )


def _row(request: TenantRequest, detail_id: int) -> QuoteLineDetail:
    return selectors.get_detail(actor=request.actor, detail_id=detail_id)


def _detail_form(request: TenantRequest, line: QuoteLine, transaction_class: str) -> DetailForm:
    return DetailForm(
        request.POST or None,
        is_time=transaction_class == TransactionClass.TIME,
        auto_id=f"id_{line.pk}_%s",
        initial={"starts_on": line.starts_on or clock.today()},
    )


def _after_change(request: TenantRequest, quote_id: int, form: django_forms.Form) -> HttpResponse:
    """The record with new totals for htmx; without it, back to its page."""
    if form.errors or request.htmx:  # type: ignore[attr-defined]
        return render_quote(request, quote_id, refused=form)
    return go_to(request, "sales:quote", quote_id)


def render_quote(
    request: TenantRequest,
    quote_id: int,
    *,
    refused: django_forms.Form | None = None,
    refused_line_id: int | None = None,
) -> HttpResponse:
    """The record; with what was refused above it, or at the line whose new row it was."""
    page = selectors.quote_page(actor=request.actor, quote_id=quote_id)
    is_refused = refused is not None and bool(refused.errors)
    may_edit = request.actor.has(SalesPermission.MANAGE) and not page.is_frozen and page.is_open
    rows = []
    for view in page.lines:
        form = None
        if may_edit and is_refused and refused_line_id == view.line.pk:
            form = refused
        elif may_edit:
            form = DetailForm(
                is_time=True,
                auto_id=f"id_{view.line.pk}_%s",
                initial={"starts_on": view.line.starts_on or clock.today()},
            )
        rows.append((view, form))
    status = page.quote.status
    return render_page_or_part(
        request,
        "sales/quote.html",
        "sales/_quote.html",
        {
            "page": page,
            "quote": page.quote,
            "state": specs.QUOTE_STATES[status],
            "rows": rows,
            "entries": activity.entries(page.activity),
            "refused": refused if is_refused and refused_line_id is None else None,
            "may_edit": may_edit,
            "is_past": status == Quote.Status.DRAFT
            and page.quote.valid_until is not None
            and page.quote.valid_until < clock.today(),
            "may_revise": request.actor.has(SalesPermission.MANAGE)
            and page.is_open
            and status in (Quote.Status.SENT, Quote.Status.EXPIRED),
            "may_mail": request.actor.has(SalesPermission.MANAGE)
            and page.sees_bill
            and status == Quote.Status.SENT,
            "may_win": request.actor.has(SalesPermission.WIN) and status == Quote.Status.SENT,
            "others": [v for v in page.versions if v.pk != page.quote.pk],
        },
        status=422 if is_refused else 200,
    )


def _form(
    request: TenantRequest,
    form: django_forms.Form,
    known: Quote,
    *,
    title: str,
    submit: str = "Save",
) -> HttpResponse:
    url = reverse("sales:quote", args=[known.pk])
    context: dict[str, Any] = {
        "title": title,
        "submit": submit,
        "cancel_url": url,
        "crumbs": [("Quotes", reverse("sales:quote_list")), (known.number, url)],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
