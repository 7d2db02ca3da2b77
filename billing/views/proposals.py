"""Pages of proposals: the list, the review, and what a reviewer does."""

from datetime import date
from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import forms, policies
from billing.models import ProposalLine
from billing.permissions import BillingPermission
from billing.selectors import proposals as selectors
from billing.selectors import visibility
from billing.services import billing_runs, hand_invoices, invoices, review
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.ledger.rehearsal_pages import rehearsal_page
from psa.core.ledger.rehearsals import rehearse
from psa.core.web import lists
from psa.core.web.pages import (
    errors_on,
    go_to,
    render_form,
    render_page_or_part,
    toast,
    wants_part,
)
from psa.core.web.requests import TenantRequest

from . import lists as specs

SEES = (BillingPermission.VIEW, BillingPermission.VIEW_OWN)


class NoInput(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@require_GET
@requires(*SEES)
def proposal_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.PROPOSALS, selectors.proposals(actor=request.actor))


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.PROPOSE, BillingPermission.PROPOSE_OWN)
def invoice_by_hand(request: TenantRequest) -> HttpResponse:
    """Begin a draft without any approved work; its first line comes next."""
    contracts = visibility.contracts_visible_to(request.actor).filter(status__in=policies.BILLABLE)
    form = forms.InvoiceByHand(
        request.POST or None, contracts=contracts, initial={"contract": request.GET.get("contract")}
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            draft = hand_invoices.begin_invoice(
                contract_id=form.cleaned_data["contract"].pk,
                drafted_on=clock.today(),
                actor=request.actor,
                at=clock.now(),
            )
            may_review = request.actor.has(BillingPermission.REVIEW)
            return go_to(
                request, "billing:line_add" if may_review else "billing:proposal", draft.pk
            )
    context = {
        "title": "Invoice by hand",
        "intro": "Begins a draft without any approved work. You add its lines, then confirm it.",
        "submit": "Begin",
        "cancel_url": reverse("billing:proposal_list"),
        "crumbs": [("Proposals", reverse("billing:proposal_list"))],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


@require_GET
@requires(*SEES)
def proposal(request: TenantRequest, proposal_id: int) -> HttpResponse:
    return review_page(request, proposal_id)


@require_POST
@requires(BillingPermission.REVIEW)
def review_start(request: TenantRequest, proposal_id: int) -> HttpResponse:
    form = NoInput({})
    with errors_on(form):
        review.start_review(proposal_id=proposal_id, actor=request.actor, at=clock.now())
    return review_page(request, proposal_id, refused=form)


@require_POST
@requires(BillingPermission.REVIEW)
def lines_treat(request: TenantRequest, proposal_id: int) -> HttpResponse:
    """One row's button sends `set` as treatment|lines; the bulk bar sends both apart."""
    data = request.POST.copy()
    if "set" in data:
        treatment, _, line_ids = str(data["set"]).partition("|")
        data["treatment"], data["lines"] = treatment, line_ids
    else:
        data["lines"] = ",".join(request.POST.getlist("selected"))
    form = forms.TreatLines(data)
    with errors_on(form):
        if form.is_valid():
            review.set_treatment(
                proposal_id=proposal_id,
                line_ids=form.cleaned_data["lines"],
                treatment=form.cleaned_data["treatment"],
                reason=form.cleaned_data["reason"],
                lock_version=form.cleaned_data["lock_version"],
                actor=request.actor,
                at=clock.now(),
            )
    return review_page(request, proposal_id, refused=form)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.REVIEW)
def line_change(request: TenantRequest, proposal_id: int, line_id: int) -> HttpResponse:
    found = visibility.get_proposal(actor=request.actor, proposal_id=proposal_id)
    line: ProposalLine = visibility.one(
        ProposalLine.objects.filter(proposal=found), line_id, "line"
    )
    sees_rates = visibility.sees_bill_rates(request.actor, found.contract_id)
    form = forms.ChangeLine(
        request.POST or None,
        line=line,
        sees_rates=sees_rates,
        initial={
            "lock_version": found.lock_version,
            "minutes": line.minutes,
            "quantity": line.quantity.normalize() if line.quantity is not None else None,
            "price": f"{line.price:.2f}" if sees_rates else None,
            "description": line.description,
            "remainder": line.remainder,
            "reason": line.reason,
        },
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            review.change_line(
                proposal_id=proposal_id,
                line_id=line_id,
                change=form.change(),
                reason=form.cleaned_data["reason"],
                lock_version=form.cleaned_data["lock_version"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "billing:proposal", proposal_id, toast="Line changed")
    return _form(request, form, found, title=f"Change line {line.position}", submit="Change line")


@require_POST
@requires(BillingPermission.REVIEW)
def line_remove(request: TenantRequest, proposal_id: int, line_id: int) -> HttpResponse:
    form = forms.RemoveLine(request.POST)
    with errors_on(form):
        if form.is_valid():
            review.remove_added_line(
                proposal_id=proposal_id,
                line_id=line_id,
                lock_version=form.cleaned_data["lock_version"],
                actor=request.actor,
                at=clock.now(),
            )
    return review_page(request, proposal_id, refused=form)


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.REVIEW)
def line_add(request: TenantRequest, proposal_id: int) -> HttpResponse:
    page = _page(request, proposal_id)
    found = page.proposal
    now = clock.now()
    form = forms.AddLine(
        request.POST or None,
        contract_lines=page.contract_lines,
        currency=found.currency,
        initial={"lock_version": found.lock_version, "kind": request.GET.get("kind", "fee")},
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            review.add_line(
                proposal_id=proposal_id,
                added_on=now.date(),
                actor=request.actor,
                at=now,
                **form.cleaned_data,
            )
            return go_to(request, "billing:proposal", proposal_id, toast="Line added")
    return _form(request, form, found, title="Add a discount, credit or fee", submit="Add line")


@require_POST
@requires(BillingPermission.CONFIRM)
def proposal_confirm(request: TenantRequest, proposal_id: int) -> HttpResponse:
    form = forms.ConfirmProposal(request.POST)
    with errors_on(form):
        if form.is_valid():
            invoice = invoices.confirm_proposal(
                proposal_id=proposal_id, at=clock.now(), actor=request.actor, **form.cleaned_data
            )
            return go_to(
                request, "billing:invoice", invoice.pk, toast=f"Invoice {invoice.number} confirmed"
            )
    return review_page(request, proposal_id, refused=form, confirm=form)


@require_POST
@requires(BillingPermission.CONFIRM)
def proposal_try(request: TenantRequest, proposal_id: int) -> HttpResponse:
    """What confirming would record; nothing is kept of it."""
    form = forms.ConfirmProposal(request.POST)
    if not form.is_valid():
        return review_page(request, proposal_id, refused=form, confirm=form)
    tried = rehearse(
        lambda: invoices.confirm_proposal(
            proposal_id=proposal_id, at=clock.now(), actor=request.actor, **form.cleaned_data
        ),
        actor=request.actor,
    )
    back = reverse("billing:proposal", args=[proposal_id])
    return rehearsal_page(request, tried, title="Trying to confirm", back_url=back, back="Proposal")


@require_POST
@requires(BillingPermission.CONFIRM)
def proposals_confirm(request: TenantRequest) -> HttpResponse:
    """From the list: first asks for the date, then starts the job."""
    now = clock.now()
    chosen = request.POST.get("proposals")
    if chosen is None:
        rows = selectors.proposals(actor=request.actor)
        ids = lists.selected_ids(request, specs.PROPOSALS, rows)
        form = forms.ConfirmMany(
            initial={"invoiced_on": now.date(), "proposals": ",".join(map(str, ids))}
        )
    else:
        form = forms.ConfirmMany(request.POST)
        with errors_on(form):
            if form.is_valid():
                run = billing_runs.start_confirming(
                    proposal_ids=form.cleaned_data["proposals"],
                    invoiced_on=form.cleaned_data["invoiced_on"],
                    actor=request.actor,
                    at=now,
                )
                return go_to(request, "jobs:run", run.pk)
    context = {
        "title": "Confirm invoices",
        "submit": "Confirm",
        "action_url": reverse("billing:proposals_confirm"),
        "cancel_url": reverse("billing:proposal_list"),
        "crumbs": [("Proposals", reverse("billing:proposal_list"))],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )


@require_http_methods(["GET", "POST"])
@requires(BillingPermission.REVIEW)
def proposal_cancel(request: TenantRequest, proposal_id: int) -> HttpResponse:
    found = visibility.get_proposal(actor=request.actor, proposal_id=proposal_id)
    form = forms.CancelProposal(request.POST or None, initial={"lock_version": found.lock_version})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            review.cancel_proposal(
                proposal_id=proposal_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(
                request, "billing:proposal_list", toast="Proposal cancelled; its work is free again"
            )
    return _form(request, form, found, title="Cancel the proposal", submit="Cancel proposal")


def _page(request: TenantRequest, proposal_id: int) -> selectors.ProposalPage:
    return selectors.proposal_page(
        actor=request.actor,
        proposal_id=proposal_id,
        grouping=request.GET.get("by", "role"),
        open_key=request.GET.get("open", ""),
        invoiced_on=_invoice_date(request),
    )


def _invoice_date(request: TenantRequest) -> date:
    typed = request.POST.get("invoiced_on") or request.GET.get("invoiced_on") or ""
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return clock.today()
    return found if 1990 <= found.year <= 2100 else clock.today()


def review_page(
    request: TenantRequest,
    proposal_id: int,
    *,
    refused: django_forms.Form | None = None,
    confirm: forms.ConfirmProposal | None = None,
) -> HttpResponse:
    failed = refused is not None and bool(refused.errors)
    if refused is not None and not failed and not wants_part(request):
        # Without scripts a done action leads back to the page, so that its address can be opened.
        return go_to(request, "billing:proposal", proposal_id, toast="Proposal updated")
    page = _page(request, proposal_id)
    context: dict[str, Any] = {
        "page": page,
        "state": specs.PROPOSAL_STATES[page.proposal.state],
        "refused": refused if failed else None,
        "form": confirm or forms.ConfirmProposal(initial={"invoiced_on": _invoice_date(request)}),
        "treatments": ProposalLine.Treatment.choices,
    }
    response = render_page_or_part(
        request,
        "billing/proposal.html",
        "billing/_proposal.html",
        context,
        status=422 if failed else 200,
    )
    if refused is not None and not failed:
        return toast(response, "Proposal updated")
    return response


def _form(
    request: TenantRequest, form: django_forms.Form, found: Any, *, title: str, submit: str
) -> HttpResponse:
    url = reverse("billing:proposal", args=[found.pk])
    context = {
        "title": title,
        "submit": submit,
        "cancel_url": url,
        "crumbs": [("Proposals", reverse("billing:proposal_list")), (found.number, url)],
    }
    return render_form(
        request, form, page="billing/form.html", part="_components/form_part.html", context=context
    )
