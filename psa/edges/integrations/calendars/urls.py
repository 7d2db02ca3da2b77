"""Addresses of one's own calendar, inside a firm."""

from django.urls import path

from . import views

app_name = "calendars"
urlpatterns = [
    path("", views.feed, name="feed"),
    path("make/", views.feed_make, name="feed_make"),
    path("revoke/", views.feed_revoke, name="feed_revoke"),
]
