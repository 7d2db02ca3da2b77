"""Addresses of projects."""

from django.urls import path

from . import (
    budget_views,
    discussion_views,
    expense_views,
    finance_views,
    levelling_views,
    plan_file_views,
    plan_views,
    register_views,
    report_views,
    team_views,
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
    path(
        "register/of-amendment/<int:amendment_id>/",
        register_views.changes_of_amendment,
        name="changes_of_amendment",
    ),
    path("register/<int:entry_id>/", register_views.register_entry, name="register_entry"),
    path("register/<int:entry_id>/edit/", register_views.register_edit, name="register_edit"),
    path(
        "register/<int:entry_id>/escalate/",
        register_views.register_escalate,
        name="register_escalate",
    ),
    path("levelling/", levelling_views.level_together, name="level_together"),
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
    path("forecast/", finance_views.my_forecast, name="my_forecast"),
    path("<int:project_id>/performance/", finance_views.performance_page, name="performance"),
    path(
        "<int:project_id>/performance/why/<slug:figure>/",
        finance_views.figure_why,
        name="figure_why",
    ),
    path("<int:project_id>/performance/methods/", finance_views.methods, name="methods"),
    path("<int:project_id>/forecast/", finance_views.forecast, name="forecast"),
    path("<int:project_id>/estimate/", finance_views.estimate, name="estimate"),
    path("<int:project_id>/expenses/", expense_views.expense_list, name="expense_list"),
    path("<int:project_id>/expenses/new/", expense_views.expense_add, name="expense_add"),
    path(
        "<int:project_id>/expenses/<int:expense_id>/",
        expense_views.expense_edit,
        name="expense_edit",
    ),
    path(
        "<int:project_id>/expenses/<int:expense_id>/remove/",
        expense_views.expense_remove,
        name="expense_remove",
    ),
    path("<int:project_id>/baselines/", finance_views.baseline_list, name="baseline_list"),
    path("<int:project_id>/baselines/set/", finance_views.baseline_set, name="baseline_set"),
    path(
        "<int:project_id>/baselines/<int:number>/<slug:act>/",
        finance_views.baseline_act,
        name="baseline_act",
    ),
    path("<int:project_id>/edit/", views.project_edit, name="project_edit"),
    path("<int:project_id>/status/<slug:status>/", views.project_status, name="project_status"),
    path("<int:project_id>/budget/", budget_views.budget_list, name="budget_list"),
    path("<int:project_id>/budget/new/", budget_views.budget_create, name="budget_create"),
    path("<int:project_id>/budget/control/", budget_views.control, name="budget_control"),
    path("<int:project_id>/budget/override/", budget_views.override, name="budget_override"),
    path(
        "<int:project_id>/budget/<int:version>/lines/new/",
        budget_views.line_create,
        name="budget_line_create",
    ),
    path(
        "<int:project_id>/budget/<int:version>/lines/<int:line_id>/remove/",
        budget_views.line_remove,
        name="budget_line_remove",
    ),
    path(
        "<int:project_id>/budget/<int:version>/<slug:act>/",
        budget_views.budget_act,
        name="budget_act",
    ),
    path("<int:project_id>/lines/new/", views.link_create, name="link_create"),
    path("<int:project_id>/lines/<int:link_id>/delete/", views.link_delete, name="link_delete"),
    path("<int:project_id>/actuals/", views.actual_list, name="actual_list"),
    path("<int:project_id>/billing/", views.billing, name="billing"),
    path("<int:project_id>/team/replace/", team_views.team_replace, name="team_replace"),
    path("<int:project_id>/plan/", plan_views.plan, name="plan"),
    path("templates/", template_views.template_list, name="template_list"),
    path("templates/shipped/", template_views.template_ship, name="template_ship"),
    path("templates/<int:template_id>/", template_views.template, name="template"),
    path(
        "templates/<int:template_id>/versions/<int:number>/",
        template_views.template_version,
        name="template_version",
    ),
    path("templates/<int:template_id>/copy/", template_views.template_copy, name="template_copy"),
    path(
        "templates/<int:template_id>/draft/", template_views.template_draft, name="template_draft"
    ),
    path(
        "templates/<int:template_id>/draft/publish/",
        template_views.template_publish,
        name="template_publish",
    ),
    path(
        "templates/<int:template_id>/draft/discard/",
        template_views.template_discard,
        name="template_discard",
    ),
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
    path(
        "import/<int:plan_import_id>/", plan_file_views.plan_import_check, name="plan_import_check"
    ),
    path(
        "import/<int:plan_import_id>/retry/",
        plan_file_views.plan_import_retry,
        name="plan_import_retry",
    ),
    path(
        "import/<int:plan_import_id>/discard/",
        plan_file_views.plan_import_discard,
        name="plan_import_discard",
    ),
    path("<int:project_id>/plan.xml", plan_file_views.plan_xml, name="plan_xml"),
    path("<int:project_id>/plan.csv", plan_file_views.plan_csv, name="plan_csv"),
    path("<int:project_id>/plan/changes/", plan_views.plan_changes, name="plan_changes"),
    path("<int:project_id>/plan/state/", plan_views.plan_state, name="plan_state"),
    path("<int:project_id>/plan/<int:task_id>/", plan_views.task_edit, name="task_edit"),
    path("<int:project_id>/discussion/", discussion_views.discussion, name="discussion"),
    path(
        "<int:project_id>/tasks/<int:task_id>/discussion/",
        discussion_views.task_discussion,
        name="task_discussion",
    ),
    path("comments/<int:comment_id>/edit/", discussion_views.comment_edit, name="comment_edit"),
    path(
        "comments/<int:comment_id>/remove/", discussion_views.comment_remove, name="comment_remove"
    ),
    path("<int:project_id>/plan/levelling/", plan_views.plan_levelling, name="plan_levelling"),
    path("<int:project_id>/team/", plan_views.team_page, name="team"),
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
        "reports/deliveries/<int:delivery_id>/retry/",
        report_views.report_retry,
        name="report_retry",
    ),
    path(
        "<int:project_id>/reports/<int:report_id>/<slug:edition>.<slug:kind>",
        report_views.report_file,
        name="report_file",
    ),
    path(
        "<int:project_id>/tasks/<int:task_id>/acceptance/",
        report_views.task_acceptance,
        name="task_acceptance",
    ),
]
