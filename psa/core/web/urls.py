from django.urls import path

from psa.core.web import views

app_name = "web"
urlpatterns = [
    path("ui/style/", views.style, name="style"),
    path("ui/style/job/", views.style_job, name="style_job"),
    path("ui/style/form/", views.style_form, name="style_form"),
    path("ui/style/trace/", views.style_trace, name="style_trace"),
    path("ui/style/bulk/", views.style_bulk, name="style_bulk"),
]
