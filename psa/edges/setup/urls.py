"""Addresses of setting a firm up."""

from django.urls import path

from . import views, views_of_books, views_of_policy, views_of_readiness, views_people

app_name = "setup"
urlpatterns = [
    path("parameters/", views_of_policy.parameters, name="parameters"),
    path("decisions/", views_of_policy.decision_list, name="decision_list"),
    path("decisions/new/", views_of_policy.decision_create, name="decision_create"),
    path("decisions/<int:decision_id>/", views_of_policy.decision, name="decision"),
    path("controls/", views_of_policy.control_list, name="control_list"),
    path("controls/new/", views_of_policy.control_create, name="control_create"),
    path("controls/<int:control_id>/", views_of_policy.control, name="control"),
    path(
        "controls/<int:control_id>/acknowledge/",
        views_of_policy.control_acknowledge,
        name="control_acknowledge",
    ),
    path("checklist/", views_of_readiness.checklist, name="checklist"),
    path("preflight/", views_of_readiness.preflight, name="preflight"),
    path("preflight/start/", views_of_readiness.preflight_start, name="preflight_start"),
    path("categories/", views_of_books.category_list, name="category_list"),
    path("categories/new/", views_of_books.category_create, name="category_create"),
    path("categories/<int:category_id>/", views_of_books.category, name="category"),
    path("profiles/", views_of_books.profile_list, name="profile_list"),
    path("profiles/new/", views_of_books.profile_create, name="profile_create"),
    path("profiles/<int:profile_id>/", views_of_books.profile, name="profile"),
    path("profiles/<int:profile_id>/remove/", views_of_books.profile_remove, name="profile_remove"),
    path("tax-codes/", views_of_books.tax_code_list, name="tax_code_list"),
    path("tax-codes/new/", views_of_books.tax_code_create, name="tax_code_create"),
    path("tax-codes/<int:tax_code_id>/", views_of_books.tax_code, name="tax_code"),
    path("tax-codes/<int:tax_code_id>/rate/", views_of_books.tax_rate, name="tax_rate"),
    path("entities/", views.entity_list, name="entity_list"),
    path("entities/<int:entity_id>/", views.entity, name="entity"),
    path("entities/<int:entity_id>/bank/", views.entity_bank, name="entity_bank"),
    path("units/", views.unit_list, name="unit_list"),
    path("units/new/", views.unit_create, name="unit_create"),
    path("units/<int:unit_id>/", views.unit, name="unit"),
    path("roles/", views.role_list, name="role_list"),
    path("roles/new/", views.role_create, name="role_create"),
    path("roles/<int:role_id>/", views.role, name="role"),
    path("calendars/", views.calendar_list, name="calendar_list"),
    path("calendars/<int:calendar_id>/", views.calendar, name="calendar"),
    path("calendars/<int:calendar_id>/day/", views.calendar_day, name="calendar_day"),
    path(
        "calendars/<int:calendar_id>/holidays/", views.calendar_holidays, name="calendar_holidays"
    ),
    path("rates/", views.rate_list, name="rate_list"),
    path("rates/new/", views.rate_create, name="rate_create"),
    path("rates/import/", views.rate_import, name="rate_import"),
    path("people/", views_people.person_list, name="person_list"),
    path("people/new/", views_people.person_create, name="person_create"),
    path("people/<int:resource_id>/", views_people.person, name="person"),
    path("users/", views_people.user_list, name="user_list"),
    path("users/new/", views_people.user_create, name="user_create"),
    path("users/<int:membership_id>/", views_people.user, name="user"),
    path(
        "users/<int:membership_id>/deactivate/",
        views_people.user_deactivate,
        name="user_deactivate",
    ),
    path("users/<int:membership_id>/activate/", views_people.user_activate, name="user_activate"),
]
