"""Addresses of tokens, inside a tenant."""

from django.urls import path

from . import views

app_name = "api"
urlpatterns = [
    path("me/tokens/", views.own_token_list, name="own_token_list"),
    path("me/tokens/new/", views.token_create, name="token_create"),
    path("tokens/", views.token_list, name="token_list"),
    path("tokens/new/", views.service_token_create, name="service_token_create"),
    path("tokens/<int:token_id>/", views.token, name="token"),
    path("tokens/<int:token_id>/revoke/", views.token_revoke, name="token_revoke"),
]
