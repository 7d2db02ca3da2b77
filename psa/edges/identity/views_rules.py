"""Pages of sign-in rules and identity providers."""

from django import forms as django_forms
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from psa.core import clock
from psa.core.access import session_checks
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission
from psa.core.access.step_up import step_up
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import domain_files, forms, selectors
from .clocks import real_now
from .services import providers


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
@step_up
def sign_in_rules(request: TenantRequest) -> HttpResponse:
    """How members sign in, by which providers, for which domains."""
    initial = {
        name: getattr(request.tenant, name) for name in (*providers.RULES, *providers.LIFETIMES)
    }
    # Nothing ticked is an empty form, and still an answer.
    posted = request.POST if request.method == "POST" else None
    form = forms.SignInRules(posted, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            providers.change_rules(
                values=form.cleaned_data,
                met=session_checks.met(request, request.membership),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "identity:sign_in_rules", toast="Saved")
    context = {
        "form": form,
        "providers": selectors.provider_rows(),
        "domains": selectors.verified_domains(),
    }
    return render_page_or_part(
        request,
        "identity/sign_in_rules.html",
        "identity/_sign_in_rules.html",
        context,
        status=422 if form.is_bound and form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
@step_up
def provider_create(request: TenantRequest) -> HttpResponse:
    form = forms.Provider(request.POST or None, initial={"is_enabled": True, "lock_version": 0})
    return _save_provider(request, None, form, "New provider")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
@step_up
def provider(request: TenantRequest, provider_id: int) -> HttpResponse:
    row = selectors.provider(provider_id)
    initial = {name: getattr(row, name) for name in forms.Provider.base_fields if name != "secret"}
    form = forms.Provider(request.POST or None, initial=initial)
    return _save_provider(request, provider_id, form, row.name)


def _save_provider(
    request: TenantRequest, provider_row_id: int | None, form: forms.Provider, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            values = dict(form.cleaned_data)
            providers.save_provider(
                provider_row_id=provider_row_id,
                lock_version=values.pop("lock_version"),
                secret=values.pop("secret"),
                values=values,
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "identity:sign_in_rules", toast="Provider saved")
    context = {
        "form": form,
        "title": title,
        "callback_url": selectors.callback_url(request.tenant.pk, provider_row_id),
    }
    return render_page_or_part(
        request,
        "identity/provider.html",
        "identity/_provider.html",
        context,
        status=422 if form.is_bound and form.errors else 200,
    )


@require_POST
@requires(AccessPermission.MANAGE_USERS)
def sessions_end(request: TenantRequest, membership_id: int) -> HttpResponse:
    """End a member's sessions in this firm; their account and other firms are untouched."""
    form = django_forms.Form(request.POST)
    with errors_on(form):
        providers.end_sessions(
            membership_id=membership_id, actor=request.actor, at=clock.now(), now=real_now()
        )
    return go_to(request, "setup:user", membership_id, toast="They have to sign in again")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
@step_up
def domain_prove(request: TenantRequest) -> HttpResponse:
    """First which domain, then the line for its web server, then the look at it."""
    form = forms.Domain(request.POST or None)
    proof = ""
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            domain = form.cleaned_data["domain"]
            proof = providers.domain_proof(tenant_id=request.tenant.pk, domain=domain)
            if request.POST.get("action") == "check":
                providers.prove_domain(
                    domain=domain,
                    found=domain_files.fetched(domain),
                    actor=request.actor,
                    at=clock.now(),
                )
                return go_to(request, "identity:sign_in_rules", toast="The domain is verified")
    context = {"form": form, "proof": proof, "file_path": domain_files.PATH}
    return render_page_or_part(
        request,
        "identity/domain.html",
        "identity/_domain.html",
        context,
        status=422 if form.is_bound and form.errors else 200,
    )


@require_POST
@requires(AccessPermission.MANAGE_USERS)
@step_up
def domain_drop(request: TenantRequest) -> HttpResponse:
    """Providers no longer speak for a domain."""
    form = forms.Domain(request.POST)
    with errors_on(form):
        if form.is_valid():
            providers.drop_domain(
                domain=form.cleaned_data["domain"], actor=request.actor, at=clock.now()
            )
            return go_to(request, "identity:sign_in_rules", toast="The domain is forgotten")
    return render_page_or_part(
        request,
        "identity/domain.html",
        "identity/_domain.html",
        {"form": form, "proof": "", "file_path": domain_files.PATH},
        status=422,
    )
