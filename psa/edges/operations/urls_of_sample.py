from django.urls import path

from . import views_of_sample as views

app_name = "sample_firm"
urlpatterns = [path("remove/", views.remove, name="remove")]
