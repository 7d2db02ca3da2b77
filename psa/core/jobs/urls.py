"""Addresses of jobs and schedules."""

from django.urls import path

from . import views

app_name = "jobs"
urlpatterns = [
    path("", views.run_list, name="run_list"),
    path("<int:run_id>/", views.run, name="run"),
    path("<int:run_id>/progress/", views.progress, name="progress"),
    path("<int:run_id>/cancel/", views.cancel, name="cancel"),
    path("<int:run_id>/retry/", views.retry, name="retry"),
    path("schedules/", views.schedule_list, name="schedule_list"),
    path("schedules/<int:schedule_id>/", views.schedule, name="schedule"),
]
