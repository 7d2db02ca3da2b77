"""Addresses of projects."""

from django.urls import path

from . import budget_views, finance_views, plan_views, views

app_name = "projects"
urlpatterns = [
    path("", views.project_list, name="project_list"),
    path("new/", views.project_create, name="project_create"),
    path("of-contract/<int:contract_id>/", views.of_contract, name="of_contract"),
    path("milestones/", views.milestone_list, name="milestone_list"),
    path("forecast/", finance_views.my_forecast, name="my_forecast"),
    path("<int:project_id>/", views.project, name="project"),
    path("<int:project_id>/performance/", finance_views.performance_page, name="performance"),
    path(
        "<int:project_id>/performance/why/<slug:figure>/",
        finance_views.figure_why,
        name="figure_why",
    ),
    path("<int:project_id>/performance/methods/", finance_views.methods, name="methods"),
    path("<int:project_id>/forecast/", finance_views.forecast, name="forecast"),
    path("<int:project_id>/estimate/", finance_views.estimate, name="estimate"),
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
    path("<int:project_id>/plan/", plan_views.plan, name="plan"),
    path("<int:project_id>/plan/arrange/", plan_views.plan_arrange, name="plan_arrange"),
    path("<int:project_id>/plan/<int:task_id>/", plan_views.task_edit, name="task_edit"),
    path("<int:project_id>/team/", plan_views.team_page, name="team"),
    path("<int:project_id>/team/add/", plan_views.team_add, name="team_add"),
    path("<int:project_id>/team/approvers/", plan_views.approvers, name="approvers"),
    path("<int:project_id>/team/<int:member_id>/", plan_views.team_edit, name="team_edit"),
    path(
        "<int:project_id>/team/<int:member_id>/remove/", plan_views.team_remove, name="team_remove"
    ),
]
