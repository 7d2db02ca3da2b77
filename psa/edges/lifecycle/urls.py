"""Addresses of what spans rooms."""

from django.urls import path

from . import views, views_of_deployment

app_name = "lifecycle"
urlpatterns = [
    path("deployment/", views_of_deployment.model, name="deployment"),
    path("deployment/move-up/", views_of_deployment.move_up, name="move_up"),
    path("deployment/lite/", views_of_deployment.begin_as_lite, name="begin_as_lite"),
    path("quotes/<int:quote_id>/win/", views.win, name="win"),
    path("opportunities/<int:opportunity_id>/lose/", views.lose, name="lose"),
    path(
        "amendments/<int:amendment_id>/preview/", views.amendment_preview, name="amendment_preview"
    ),
]
