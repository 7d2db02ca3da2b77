"""Addresses of imports."""

from django.urls import path

from . import views

app_name = "imports"
urlpatterns = [
    path("", views.run_list, name="run_list"),
    path("new/", views.create, name="create"),
    path("<int:run_id>/", views.run, name="run"),
    path("<int:run_id>/columns/", views.run_columns, name="run_columns"),
    path("<int:run_id>/apply/", views.run_apply, name="run_apply"),
    path("<int:run_id>/undo/", views.run_undo, name="run_undo"),
    path("<int:run_id>/discard/", views.run_discard, name="run_discard"),
    path("<int:run_id>/rows/", views.row_list, name="row_list"),
    path("<int:run_id>/errors/", views.row_errors, name="row_errors"),
]
