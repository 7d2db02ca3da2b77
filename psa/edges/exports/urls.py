"""Addresses of this part."""

from django.urls import path

from . import views

app_name = "exports"
urlpatterns = [path("start/", views.start, name="start")]
