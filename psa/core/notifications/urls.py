"""Addresses of notifications."""

from django.urls import path

from . import views, views_devices

app_name = "notifications"
urlpatterns = [
    path("", views.notification_list, name="notification_list"),
    path("<int:notification_id>/", views.notification, name="notification"),
    path("<int:notification_id>/mute/", views.mute, name="mute"),
    path("mute-records/", views.mute_records, name="mute_records"),
    path("mark-read/", views.mark_read, name="mark_read"),
    path("mark-all-read/", views.mark_all_read, name="mark_all_read"),
    path("preferences/", views.preferences, name="preferences"),
    path("decide/", views_devices.decide, name="decide"),
    path("devices/save/", views_devices.device_save, name="device_save"),
    path("devices/test/", views_devices.device_test, name="device_test"),
    path("devices/<int:device_id>/remove/", views_devices.device_remove, name="device_remove"),
]
