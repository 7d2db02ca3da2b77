"""Pages of amendments: one with what it changes, its forms, and the versions of a contract's terms."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound
from psa.core.web import stale
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest
from sales.forms.amendments import FORMS, OF_CONTRACT, AcceptanceForm, AmendmentForm
from sales.models import AmendmentChange, Contract, ContractAmendment
from sales.permissions import SalesPermission
from sales.selectors import amendments as selectors
from sales.selectors import contract_terms, visibility
from sales.services import amendments

from . import activity
from . import lists as specs

SEES = (SalesPermission.VIEW, SalesPermission.VIEW_OWN)
Kind = AmendmentChange.Kind


class PlainForm(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@require_http_methods(["GET", "POST"])
@requires(SalesPermission.MANAGE)
def amendment_create(request: TenantRequest, contract_id: int) -> HttpResponse:
    known = visibility.get_contract(actor=request.actor, contract_id=contract_id)
    form = AmendmentForm(request.POST or None, initial={"effective_on": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = amendments.draft_amendment(
                contract_id=contract_id, actor=request.actor, at=clock.now(), **_facts(form)
            )
            return go_to(request, "sales:amendment", made.pk, toast="Amendment drafted")
    return _form(
        request, form, known, title=f"Amend {known.number}", submit="Draft amendment",
        back=reverse("sales:contract", args=[contract_id]),
    )  # fmt: skip


@require_GET
@requires(*SEES)
def amendment(request: TenantRequest, amendment_id: int) -> HttpResponse:
    return _amendment(request, amendment_id)


@require_http_methods(["GET", "POST"])
@requires(SalesPermission.MANAGE)
def amendment_edit(request: TenantRequest, amendment_id: int) -> HttpResponse:
    known = selectors.get_amendment(actor=request.actor, amendment_id=amendment_id)
    form = AmendmentForm(request.POST or None, initial=AmendmentForm.initial_of(known))
    stale.watch(form, record=f"sales.amendment:{amendment_id}")
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            amendments.edit_amendment(
                amendment_id=amendment_id,
                lock_version=form.cleaned_data["lock_version"],
                actor=request.actor,
                at=clock.now(),
                **_facts(form),
            )
            return go_to(request, "sales:amendment", amendment_id, toast="Saved")
    return _form_of(request, form, known, title="Edit amendment")


@require_http_methods(["GET", "POST"])
@requires(SalesPermission.MANAGE)
def change_add(
    request: TenantRequest, amendment_id: int, kind: str, line_id: int | None = None
) -> HttpResponse:
    known = selectors.get_amendment(actor=request.actor, amendment_id=amendment_id)
    facts = contract_terms.facts_of(known.contract)
    line = facts.get(line_id or 0)
    if kind not in FORMS or (line is None and (line_id or kind not in OF_CONTRACT)):
        raise NotFound("An amendment changes no such thing.")
    if kind == Kind.RATE and not selectors.sees_rates(request.actor, known.contract):
        raise NotFound("This page does not exist, or it is not yours to see.")
    standing = contract_terms.milestones_of([line.id]).get(line.id, []) if line else []
    form = FORMS[kind](
        request.POST or None, currency=known.contract.currency, line=line, milestones=standing
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            amendments.add_change(
                amendment_id=amendment_id,
                change=form.change(),
                line_id=line_id,
                role_id=form.role_id,
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "sales:amendment", amendment_id, toast="Change added")
    title = str(Kind(kind).label)
    if line is not None:
        title = f"{title}: {line.name}"
    return _form_of(request, form, known, title=title, submit="Add change")


@require_POST
@requires(SalesPermission.MANAGE)
def change_remove(request: TenantRequest, amendment_id: int, change_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        amendments.remove_change(
            amendment_id=amendment_id, change_id=change_id, actor=request.actor, at=clock.now()
        )
        return go_to(request, "sales:amendment", amendment_id, toast="Change removed")
    return _amendment(request, amendment_id, refused=form)


@require_http_methods(["GET", "POST"])
@requires(SalesPermission.MANAGE)
def amendment_accept(request: TenantRequest, amendment_id: int) -> HttpResponse:
    known = selectors.get_amendment(actor=request.actor, amendment_id=amendment_id)
    form = AcceptanceForm(request.POST or None, initial={"accepted_on": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            amendments.record_acceptance(
                amendment_id=amendment_id,
                actor=request.actor,
                at=clock.now(),
                **form.cleaned_data,
            )
            return go_to(request, "sales:amendment", amendment_id, toast="Acceptance recorded")
    return _form_of(
        request, form, known, title="The client accepts", submit="Record acceptance",
        intro="What the amendment changes is frozen from then on.",
    )  # fmt: skip


@require_POST
@requires(SalesPermission.MANAGE)
def amendment_withdraw(request: TenantRequest, amendment_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        amendments.withdraw_amendment(
            amendment_id=amendment_id, actor=request.actor, at=clock.now()
        )
        return go_to(request, "sales:amendment", amendment_id, toast="Amendment withdrawn")
    return _amendment(request, amendment_id, refused=form)


@require_GET
@requires(*SEES)
def contract_version(request: TenantRequest, contract_id: int, number: int) -> HttpResponse:
    """The contract's terms as they were, or are, in one version."""
    page = selectors.version_page(actor=request.actor, contract_id=contract_id, number=number)
    return render_page_or_part(
        request, "sales/contract_version.html", "sales/_contract_version.html", {"page": page}
    )


def _amendment(
    request: TenantRequest, amendment_id: int, *, refused: django_forms.Form | None = None
) -> HttpResponse:
    page = selectors.amendment_page(actor=request.actor, amendment_id=amendment_id)
    is_refused = refused is not None and bool(refused.errors)
    return render_page_or_part(
        request,
        "sales/amendment.html",
        "sales/_amendment.html",
        {
            "page": page,
            "row": page.amendment,
            "contract": page.contract,
            "state": specs.AMENDMENT_STATES[page.amendment.status],
            "entries": activity.entries(page.activity),
            "refused": refused if is_refused else None,
            "may_preview": page.may_withdraw,
            # Its documents may quote rates: who may not see those is not shown that there are any.
            "sees_documents": selectors.sees_rates(request.actor, page.amendment.contract),
            "sees_projects": request.actor.has("projects.view")
            or request.actor.has("projects.view_own")
            or request.actor.has("projects.manage_all"),
        },
        status=422 if is_refused else 200,
    )


def _facts(form: django_forms.Form) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("title", "reason", "effective_on")}


def _form_of(
    request: TenantRequest, form: django_forms.Form, known: ContractAmendment, **more: Any
) -> HttpResponse:
    back = reverse("sales:amendment", args=[known.pk])
    crumbs = ((selectors.code_of(known), back),)
    return _form(request, form, known.contract, back=back, crumbs=crumbs, **more)


def _form(
    request: TenantRequest,
    form: django_forms.Form,
    known: Contract,
    *,
    title: str,
    back: str,
    submit: str = "Save",
    intro: str = "",
    crumbs: tuple[tuple[str, str], ...] = (),
) -> HttpResponse:
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html",
        context={
            "title": title,
            "submit": submit,
            "intro": intro,
            "cancel_url": back,
            "crumbs": [
                ("Contracts", reverse("sales:contract_list")),
                (known.number, reverse("sales:contract", args=[known.pk])),
                *crumbs,
            ],
        },
    )  # fmt: skip
