"""Addresses of this part."""

from django.urls import URLPattern

app_name = "timeexpense"
urlpatterns: list[URLPattern] = []
