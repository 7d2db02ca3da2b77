"""Addresses of documents."""

from django.urls import path

from . import views

app_name = "documents"
urlpatterns = [
    path("of/<str:record_type>/<int:record_id>/", views.of_record, name="of_record"),
    path("of/<str:record_type>/<int:record_id>/upload/", views.upload, name="upload"),
    path("<int:document_id>/download/", views.download, name="download"),
    path("<int:document_id>/image/", views.image, name="image"),
]
