"""Addresses of people."""

from django.urls import path

from . import booking_views, views

app_name = "resources"
urlpatterns = [
    path("availability/", views.availability_list, name="availability_list"),
    path("", views.person_list, name="person_list"),
    path("teams/<int:project_id>/add/", booking_views.team_add, name="team_add"),
    path(
        "bookings/of-project/<int:project_id>/",
        booking_views.bookings_of_project,
        name="bookings_of_project",
    ),
    path("bookings/<int:booking_id>/edit/", booking_views.booking_edit, name="booking_edit"),
    path("bookings/<int:booking_id>/harden/", booking_views.booking_harden, name="booking_harden"),
    path("bookings/<int:booking_id>/cancel/", booking_views.booking_cancel, name="booking_cancel"),
    path("<int:resource_id>/cell/", views.person_cell, name="person_cell"),
    path("<int:resource_id>/", views.person, name="person"),
]
