from django.urls import path

from . import views_people as views

app_name = "people_data"
urlpatterns = [path("", views.person_data, name="person")]
