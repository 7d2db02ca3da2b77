"""Addresses of channels."""

from django.urls import path

from . import views

app_name = "channels"
urlpatterns = [
    path("", views.channel_list, name="channel_list"),
    path("new/", views.channel_create, name="channel_create"),
    path("<int:channel_id>/", views.channel, name="channel"),
    path("<int:channel_id>/edit/", views.channel_edit, name="channel_edit"),
    path("<int:channel_id>/try/", views.channel_try, name="channel_try"),
    path("<int:channel_id>/retry/", views.channel_retry, name="channel_retry"),
    path("<int:channel_id>/remove/", views.channel_remove, name="channel_remove"),
    path("messages/<int:post_id>/", views.post, name="post"),
    path("messages/<int:post_id>/replay/", views.post_replay, name="post_replay"),
]
