"""Addresses of custom fields."""

from django.urls import path

from . import views

app_name = "custom_fields"
urlpatterns = [
    path("", views.field_list, name="field_list"),
    path("new/", views.field_create, name="field_create"),
    path("<int:field_id>/", views.field, name="field"),
    path("of/<str:record_type>/<int:record_id>/", views.of_record, name="of_record"),
    path("of/<str:record_type>/<int:record_id>/edit/", views.values_edit, name="values_edit"),
]
