"""Addresses of this part."""

from django.urls import URLPattern

app_name = "resources"
urlpatterns: list[URLPattern] = []
