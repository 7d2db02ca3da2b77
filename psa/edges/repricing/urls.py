"""Addresses of repricing."""

from django.urls import path

from . import views

app_name = "repricing"
urlpatterns = [
    path("lists/<int:list_id>/", views.what_if, name="what_if"),
    path("lists/<int:list_id>/years/<int:run_id>/", views.year, name="year"),
    path("unpriced/try/", views.unpriced_try, name="unpriced_try"),
    path("unpriced/try-all/", views.unpriced_try_all, name="unpriced_try_all"),
    path("quotes/<int:quote_id>/discount/", views.quote_discount, name="quote_discount"),
]
