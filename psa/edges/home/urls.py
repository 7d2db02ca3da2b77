"""Addresses of this part."""

from django.urls import path

from . import views
from .panels import LATER

app_name = "home"
urlpatterns = [
    path("", views.home, name="home"),
    *(path(f"home/{key}/", views.panel, {"key": key}, name=f"panel_{key}") for key in LATER),
]
