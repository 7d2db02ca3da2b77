"""Addresses of people."""

from django.urls import path

from . import views

app_name = "resources"
urlpatterns = [
    path("availability/", views.availability_list, name="availability_list"),
    path("", views.person_list, name="person_list"),
    path("<int:resource_id>/cell/", views.person_cell, name="person_cell"),
    path("<int:resource_id>/", views.person, name="person"),
]
