"""Addresses inside a tenant: the first segment, the tenant, is stripped before these match."""

from django.urls import include, path

from psa.core.web import errors, middleware

urlpatterns = [
    path("", include("psa.edges.home.urls")),
    path("", include("psa.core.web.urls")),
    path("search/", include("psa.edges.search.urls")),
    path("exports/", include("psa.edges.exports.urls")),
    path("sales/", include("sales.urls")),
    path("projects/", include("projects.urls")),
    path("people/", include("resources.urls")),
    path("time/", include("timeexpense.urls")),
    path("billing/", include("billing.urls")),
    path("revenue/", include("revenue.urls")),
    path("ledger/", include("psa.core.ledger.urls")),
    path("pricing/", include("psa.core.pricing.urls")),
    path("jobs/", include("psa.core.jobs.urls")),
    path("notifications/", include("psa.core.notifications.urls")),
    path("fields/", include("psa.core.custom_fields.urls")),
    path("rules/", include("psa.core.automation.urls")),
    path("audit/", include("psa.core.audit.urls")),
    path("documents/", include("psa.core.documents.urls")),
    path("imports/", include("psa.edges.integrations.imports.urls")),
    path("repricing/", include("psa.edges.repricing.urls")),
    path("setup/", include("psa.edges.setup.urls")),
    path("access/", include("psa.edges.identity.urls")),
    path("personal-data/", include("psa.edges.operations.urls")),
    path("sample-firm/", include("psa.edges.operations.urls_of_sample")),
    path("api/", include("psa.edges.api.urls")),
    path("webhooks/", include("psa.edges.integrations.webhooks.urls")),
    path("calendar/", include("psa.edges.integrations.calendars.urls")),
    path("channels/", include("psa.edges.integrations.channels.urls")),
    path("lifecycle/", include("psa.edges.lifecycle.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = middleware.page_not_found
handler500 = errors.server_error
