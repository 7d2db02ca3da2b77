from django.urls import path

from psa.core.web import views, views_offline, views_personal

app_name = "web"
urlpatterns = [
    path("app.webmanifest", views_offline.manifest, name="manifest"),
    path("settings/", views_personal.settings, name="settings"),
    path("settings/one/", views_personal.setting, name="setting"),
    path("help/", views_personal.help_index, name="help_index"),
    path("help/<slug:slug>/", views_personal.help_topic, name="help_topic"),
    path("keys/", views_personal.keys, name="keys"),
    path("settings/checklist/", views_personal.checklist, name="checklist"),
    path("ui/undo/", views_personal.take_back, name="undo"),
    path("ui/columns/", views_personal.columns_keep, name="columns_keep"),
    path("ui/views/save/", views_personal.view_save, name="view_save"),
    path("ui/views/<int:view_id>/change/", views_personal.view_change, name="view_change"),
    path("ui/views/<int:view_id>/default/", views_personal.view_default, name="view_default"),
    path("ui/views/<int:view_id>/delete/", views_personal.view_delete, name="view_delete"),
    path("ui/style/", views.style, name="style"),
    path("ui/style/job/", views.style_job, name="style_job"),
    path("ui/style/form/", views.style_form, name="style_form"),
    path("ui/style/trace/", views.style_trace, name="style_trace"),
    path("ui/style/bulk/", views.style_bulk, name="style_bulk"),
]
