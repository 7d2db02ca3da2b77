"""Addresses of this part."""

from django.urls import path, re_path

from . import views, views_costs, views_intercompany, views_intercompany_payments, views_units

app_name = "revenue"
urlpatterns = [
    path("", views.estimate_list, name="estimate_list"),
    re_path(
        r"^periods/(?P<period_id>\d+)/(?P<action>run|approve|post)/$",
        views.estimates_do,
        name="estimates_do",
    ),
    path("estimates/<int:estimate_id>/", views.estimate, name="estimate"),
    path("wip/", views.work_in_progress, name="work_in_progress"),
    path("projects/<int:project_id>/tile/", views.project_wip_tile, name="project_wip_tile"),
    path("units/", views_units.unit_margins, name="unit_margins"),
    path("intercompany/", views.intercompany, name="intercompany"),
    path(
        "intercompany/invoices/",
        views_intercompany.invoice_list,
        name="intercompany_invoice_list",
    ),
    path(
        "intercompany/invoices/new/",
        views_intercompany.invoice_create,
        name="intercompany_invoice_create",
    ),
    path(
        "intercompany/invoices/<int:intercompany_invoice_id>/",
        views_intercompany.invoice,
        name="intercompany_invoice",
    ),
    path(
        "intercompany/invoices/<int:intercompany_invoice_id>/document/",
        views_intercompany.invoice_document,
        name="intercompany_invoice_document",
    ),
    path(
        "intercompany/invoices/lines/<int:intercompany_line_id>/actuals/",
        views_intercompany.line_actuals,
        name="intercompany_line_actuals",
    ),
    path(
        "intercompany/invoices/<int:intercompany_invoice_id>/pay/",
        views_intercompany_payments.payment_create,
        name="intercompany_payment_create",
    ),
    path(
        "intercompany/payments/",
        views_intercompany_payments.payment_list,
        name="intercompany_payment_list",
    ),
    path(
        "intercompany/payments/<int:intercompany_payment_id>/",
        views_intercompany_payments.payment,
        name="intercompany_payment",
    ),
    path(
        "intercompany/payments/<int:intercompany_payment_id>/reverse/",
        views_intercompany_payments.payment_reverse,
        name="intercompany_payment_reverse",
    ),
    path("contract-costs/", views_costs.cost_list, name="contract_cost_list"),
    path("contract-costs/<int:cost_id>/", views_costs.cost, name="contract_cost"),
    path(
        "contract-costs/<int:cost_id>/write-off/",
        views_costs.cost_write_off,
        name="contract_cost_write_off",
    ),
    path(
        "contract-costs/<int:cost_id>/take-back/",
        views_costs.cost_take_back,
        name="contract_cost_take_back",
    ),
    path(
        "contract-costs/charges/<int:charge_id>/reverse/",
        views_costs.charge_reverse,
        name="contract_cost_charge_reverse",
    ),
    path(
        "contracts/<int:contract_id>/costs/",
        views_costs.of_contract,
        name="costs_of_contract",
    ),
    path(
        "contracts/<int:contract_id>/costs/new/",
        views_costs.cost_create,
        name="contract_cost_create",
    ),
    path("close/", views.close, name="close"),
    path("close/<int:period_id>/<slug:code>/", views.close_step, name="close_step"),
    path("close/<int:period_id>/<slug:code>/try/", views.close_try, name="close_try"),
    path("reconciliations/<str:entity_code>/run/", views.proofs_run, name="proofs_run"),
]
