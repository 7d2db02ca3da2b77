"""Addresses of this part."""

from django.urls import URLPattern

app_name = "ledger"
urlpatterns: list[URLPattern] = []
