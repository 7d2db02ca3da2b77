"""Addresses of the two ledgers."""

from django.urls import path

from . import views, views_of_mappings

app_name = "ledger"
urlpatterns = [
    path("actuals/", views.actual_list, name="actual_list"),
    path("actuals/<int:actual_id>/", views.actual, name="actual"),
    path("actuals/<int:actual_id>/origins/", views.actual_origins, name="actual_origins"),
    path("entries/", views.entry_list, name="entry_list"),
    path("entries/opening/", views.opening_create, name="opening_create"),
    path("entries/<int:entry_id>/", views.entry, name="entry"),
    path("entries/<int:entry_id>/reverse/", views.opening_reverse, name="opening_reverse"),
    path("lines/<int:line_id>/actuals/", views.line_actuals, name="line_actuals"),
    path("accounts/<int:account_id>/", views.account, name="account"),
    path("trial-balance/", views.trial_balance, name="trial_balance"),
    path("balance-sheet/", views.balance_sheet, name="balance_sheet"),
    path("result/", views.income_statement, name="income_statement"),
    path("periods/", views.period_list, name="period_list"),
    path("periods/<int:period_id>/", views.period_change, name="period_change"),
    path("posting-run/", views.posting_run_start, name="posting_run_start"),
    path("reconciliations/", views.proof, name="proof"),
    path("reconciliations/<int:run_id>/", views.proof, name="proof_run"),
    path("exports/", views.export_list, name="export_list"),
    path("exports/new/", views.export_create, name="export_create"),
    path("mappings/", views_of_mappings.mapping_list, name="mapping_list"),
    path("mappings/new/", views_of_mappings.mapping_create, name="mapping_create"),
    path("mappings/<int:mapping_id>/", views_of_mappings.mapping, name="mapping"),
    path(
        "mappings/<int:mapping_id>/remove/", views_of_mappings.mapping_remove, name="mapping_remove"
    ),
    path("exports/<int:export_id>/file/", views.export_file, name="export_file"),
]
