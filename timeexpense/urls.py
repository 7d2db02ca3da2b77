"""Addresses of time and expense."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from .views import approvals, compliance, expenses, weeks


class DayConverter(StringConverter):
    """A day as 2026-07-06; whether it exists is for the view to say."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"


register_converter(DayConverter, "day")

app_name = "timeexpense"
urlpatterns = [
    path("", weeks.week, name="week"),
    path("week/<day:on>/", weeks.week, name="week_of"),
    path("week/<day:on>/save/", weeks.week_save, name="week_save"),
    path("week/<day:on>/submit/", weeks.week_submit, name="week_submit"),
    path("week/<day:on>/take-back/", weeks.week_recall, name="week_recall"),
    path("week/<day:on>/copy/", weeks.week_copy, name="week_copy"),
    path("week/<day:on>/suggest/", weeks.week_suggest, name="week_suggest"),
    path("cells/", weeks.cells_save, name="cells_save"),
    path("weeks/", weeks.week_list, name="week_list"),
    path("entries/<int:entry_id>/", weeks.time_entry, name="time_entry"),
    path("entries/<str:kind>/<int:entry_id>/recall/", approvals.recall, name="recall"),
    path(
        "entries/<str:kind>/<int:entry_id>/recall/grant/",
        approvals.recall_grant,
        name="recall_grant",
    ),
    path(
        "entries/<str:kind>/<int:entry_id>/recall/decline/",
        approvals.recall_decline,
        name="recall_decline",
    ),
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/approve/", approvals.approve, name="approve"),
    path("approvals/return/", approvals.give_back, name="give_back"),
    path("approvals/approve-clean/", approvals.approve_clean, name="approve_clean"),
    path("compliance/", compliance.week_compliance, name="compliance"),
    path("compliance/<int:resource_id>/<day:on>/unlock/", compliance.unlock, name="unlock"),
    path("expenses/", expenses.expense_report_list, name="expense_report_list"),
    path("expenses/new/", expenses.expense_report_create, name="expense_report_create"),
    path("expenses/<int:report_id>/", expenses.expense_report, name="expense_report"),
    path(
        "expenses/<int:report_id>/submit/",
        expenses.expense_report_submit,
        name="expense_report_submit",
    ),
    path(
        "expenses/<int:report_id>/take-back/",
        expenses.expense_report_recall,
        name="expense_report_recall",
    ),
    path("expenses/<int:report_id>/add/", expenses.expense_create, name="expense_create"),
    path("expenses/entries/<int:entry_id>/", expenses.expense_edit, name="expense_edit"),
    path("expenses/entries/<int:entry_id>/delete/", expenses.expense_delete, name="expense_delete"),
]
