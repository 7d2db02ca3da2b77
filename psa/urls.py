"""Addresses outside any tenant: signing in, choosing a firm, health."""

from allauth.account import urls as account_urls
from allauth.socialaccount import views as provider_views
from django.urls import include, path

from psa.core.access import views as access_views
from psa.core.telemetry import views as telemetry
from psa.core.web import errors, too_many, views_offline
from psa.edges.identity import views_invitations, views_sign_in
from psa.edges.integrations.calendars import views as calendars
from psa.edges.operations import views as operations

# An account has one address, which administrators invite; nobody signs up, adds or changes one.
_LEFT_OUT = {"account_email", "account_confirm_email", "account_email_verification_sent"}
_ACCOUNT_PAGES = [page for page in account_urls.urlpatterns if page.name not in _LEFT_OUT]

urlpatterns = [
    path("", access_views.choose_firm, name="choose_firm"),
    path("accounts/", include(_ACCOUNT_PAGES)),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/<int:number>/end/", views_sign_in.session_end, name="session_end"),
    path("accounts/sso/", views_sign_in.sso, name="sso"),
    path("accounts/oidc/<str:provider_id>/login/", views_sign_in.provider_login),
    path("accounts/oidc/<str:provider_id>/login/callback/", views_sign_in.provider_callback),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("accounts/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path(
        "accounts/sso/cancelled/",
        provider_views.login_cancelled,
        name="socialaccount_login_cancelled",
    ),
    path("accounts/sso/error/", provider_views.login_error, name="socialaccount_login_error"),
    path("accounts/invitation/<str:link>/", views_invitations.accept, name="invitation_accept"),
    path("accounts/calendar/<str:secret>.ics", calendars.calendar, name="calendar"),
    path("sw.js", views_offline.service_worker, name="service_worker"),
    path("operator/", operations.operator, name="operator"),
    path("healthz", telemetry.healthz, name="healthz"),
    path("readyz", telemetry.readyz, name="readyz"),
    path("metrics", telemetry.figures, name="metrics"),
    path("api/v1/", include("psa.edges.api.global_urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
# Of the sign-in library, which looks for it under this name.
handler429 = too_many.too_many
handler500 = errors.server_error
