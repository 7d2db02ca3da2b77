"""Addresses of identity inside a tenant."""

from django.urls import path

from . import views_invitations

app_name = "identity"
urlpatterns = [
    path("invitations/", views_invitations.invitation_list, name="invitation_list"),
    path("invitations/<int:invitation_id>/", views_invitations.invitation, name="invitation"),
    path(
        "invitations/<int:invitation_id>/resend/",
        views_invitations.invitation_resend,
        name="invitation_resend",
    ),
    path(
        "invitations/<int:invitation_id>/withdraw/",
        views_invitations.invitation_withdraw,
        name="invitation_withdraw",
    ),
]
