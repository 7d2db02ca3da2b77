"""Addresses of rules and approvals."""

from django.urls import path

from . import views

app_name = "automation"
urlpatterns = [
    path("", views.rule_list, name="rule_list"),
    path("new/", views.rule_create, name="rule_create"),
    path("runs/", views.run_list, name="run_list"),
    path("requests/", views.request_list, name="request_list"),
    path("requests/<int:request_id>/", views.approval_request, name="request"),
    path("gates/<str:gate_key>/<int:record_id>/", views.gate, name="gate"),
    path("<int:rule_id>/", views.rule, name="rule"),
    path("<int:rule_id>/edit/", views.rule_edit, name="rule_edit"),
    path("<int:rule_id>/switch/", views.rule_switch, name="rule_switch"),
    path("<int:rule_id>/dry-run/", views.rule_dry_run, name="rule_dry_run"),
]
