"""Addresses outside any tenant: signing in, choosing a firm, health."""

from django.urls import include, path

from psa.core.access import views as access_views
from psa.core.web import errors

urlpatterns = [
    path("", access_views.choose_firm, name="choose_firm"),
    path("accounts/", include("allauth.account.urls")),
    path("healthz", access_views.healthz, name="healthz"),
    path("readyz", access_views.readyz, name="readyz"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
