"""Addresses of what spans rooms."""

from django.urls import path

from . import views

app_name = "lifecycle"
urlpatterns = [
    path("quotes/<int:quote_id>/win/", views.win, name="win"),
    path("opportunities/<int:opportunity_id>/lose/", views.lose, name="lose"),
    path(
        "amendments/<int:amendment_id>/preview/", views.amendment_preview, name="amendment_preview"
    ),
]
