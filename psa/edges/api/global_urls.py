"""Addresses of the API, outside any tenant: the token names it."""

from django.urls import path

from . import views
from .mounts import api

urlpatterns = [
    path("openapi.json", views.openapi, name="openapi"),
    path("docs", views.docs, name="api_docs"),
    path("", api.urls),
]
