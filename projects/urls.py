"""Addresses of projects."""

from django.urls import path

from . import (
    plan_file_views,
    plan_views,
    register_views,
    report_views,
    template_views,
    views,
)

app_name = "projects"
urlpatterns = [
    path("", views.project_list, name="project_list"),
    path("new/", views.project_create, name="project_create"),
    path("of-contract/<int:contract_id>/", views.of_contract, name="of_contract"),
    path("milestones/", views.milestone_list, name="milestone_list"),
    path("register/", register_views.register_list, name="register_list"),
    path("register/<int:entry_id>/", register_views.register_entry, name="register_entry"),
    path("register/<int:entry_id>/edit/", register_views.register_edit, name="register_edit"),
    path(
        "register/<int:entry_id>/escalate/",
        register_views.register_escalate,
        name="register_escalate",
    ),
    path("start/", views.projects_start, name="projects_start"),
    path("complete/", views.projects_complete, name="projects_complete"),
    path("<int:project_id>/cell/", views.project_cell, name="project_cell"),
    path("<int:project_id>/", views.project, name="project"),
    path("<int:project_id>/register/", register_views.project_register, name="project_register"),
    path(
        "<int:project_id>/register/<slug:kind>/",
        register_views.project_register,
        name="project_register_of",
    ),
    path(
        "<int:project_id>/register/<slug:kind>/new/",
        register_views.register_add,
        name="register_add",
    ),
    path("<int:project_id>/edit/", views.project_edit, name="project_edit"),
    path("<int:project_id>/status/<slug:status>/", views.project_status, name="project_status"),
    path("<int:project_id>/lines/new/", views.link_create, name="link_create"),
    path("<int:project_id>/lines/<int:link_id>/delete/", views.link_delete, name="link_delete"),
    path("<int:project_id>/actuals/", views.actual_list, name="actual_list"),
    path("<int:project_id>/billing/", views.billing, name="billing"),
    path("<int:project_id>/plan/", plan_views.plan, name="plan"),
    path("templates/", template_views.template_list, name="template_list"),
    path("templates/shipped/", template_views.template_ship, name="template_ship"),
    path("templates/<int:template_id>/", template_views.template, name="template"),
    path("templates/<int:template_id>/use/", template_views.template_use, name="template_use"),
    path("templates/<int:template_id>/edit/", template_views.template_edit, name="template_edit"),
    path(
        "templates/<int:template_id>/delete/",
        template_views.template_delete,
        name="template_delete",
    ),
    path("<int:project_id>/template/", template_views.template_save, name="template_save"),
    path("<int:project_id>/copy/", template_views.project_copy, name="project_copy"),
    path("import/", plan_file_views.plan_import, name="plan_import"),
    path("import/check/", plan_file_views.plan_import_check, name="plan_import_check"),
    path("<int:project_id>/plan.xml", plan_file_views.plan_xml, name="plan_xml"),
    path("<int:project_id>/plan.csv", plan_file_views.plan_csv, name="plan_csv"),
    path("<int:project_id>/plan/changes/", plan_views.plan_changes, name="plan_changes"),
    path("<int:project_id>/plan/state/", plan_views.plan_state, name="plan_state"),
    path("<int:project_id>/plan/<int:task_id>/", plan_views.task_edit, name="task_edit"),
    path("<int:project_id>/team/", plan_views.team_page, name="team"),
    path("<int:project_id>/team/add/", plan_views.team_add, name="team_add"),
    path("<int:project_id>/team/approvers/", plan_views.approvers, name="approvers"),
    path("<int:project_id>/team/<int:member_id>/", plan_views.team_edit, name="team_edit"),
    path(
        "<int:project_id>/team/<int:member_id>/remove/", plan_views.team_remove, name="team_remove"
    ),
    path("<int:project_id>/reports/", report_views.report_list, name="report_list"),
    path("<int:project_id>/reports/start/", report_views.report_start, name="report_start"),
    path("<int:project_id>/reports/draft/", report_views.report_draft, name="report_draft"),
    path("<int:project_id>/reports/publish/", report_views.report_publish, name="report_publish"),
    path("<int:project_id>/reports/discard/", report_views.report_discard, name="report_discard"),
    path("<int:project_id>/reports/cadence/", report_views.report_cadence, name="report_cadence"),
    path(
        "<int:project_id>/reports/<int:report_id>/",
        report_views.status_report,
        name="status_report",
    ),
    path(
        "<int:project_id>/reports/<int:report_id>/send/",
        report_views.report_send,
        name="report_send",
    ),
    path(
        "<int:project_id>/reports/<int:report_id>/<slug:edition>.<slug:kind>",
        report_views.report_file,
        name="report_file",
    ),
]
