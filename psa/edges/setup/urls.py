"""Addresses of this part."""

from django.urls import URLPattern

app_name = "setup"
urlpatterns: list[URLPattern] = []
