"""Addresses of this part."""

from django.urls import path, re_path

from . import views

app_name = "revenue"
urlpatterns = [
    path("", views.estimate_list, name="estimate_list"),
    re_path(
        r"^periods/(?P<period_id>\d+)/(?P<action>run|approve|post)/$",
        views.estimates_do,
        name="estimates_do",
    ),
    path("estimates/<int:estimate_id>/", views.estimate, name="estimate"),
    path("wip/", views.work_in_progress, name="work_in_progress"),
    path("projects/<int:project_id>/tile/", views.project_wip_tile, name="project_wip_tile"),
    path("close/", views.close, name="close"),
    path("close/<int:period_id>/<slug:code>/", views.close_step, name="close_step"),
    path("reconciliations/<str:entity_code>/run/", views.proofs_run, name="proofs_run"),
]
