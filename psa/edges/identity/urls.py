"""Addresses of identity inside a tenant."""

from django.urls import path

from . import views_invitations, views_roles, views_rules

app_name = "identity"
urlpatterns = [
    path("invitations/", views_invitations.invitation_list, name="invitation_list"),
    path("invitations/<int:invitation_id>/", views_invitations.invitation, name="invitation"),
    path("roles/", views_roles.role_list, name="role_list"),
    path("roles/new/", views_roles.role_create, name="role_create"),
    path("roles/<int:security_role_id>/", views_roles.role, name="role"),
    path("roles/<int:security_role_id>/delete/", views_roles.role_delete, name="role_delete"),
    path("view-as/end/", views_roles.view_as_end, name="view_as_end"),
    path("view-as/<int:membership_id>/", views_roles.view_as_start, name="view_as_start"),
    path("sign-in/", views_rules.sign_in_rules, name="sign_in_rules"),
    path("domains/", views_rules.domain_prove, name="domain_prove"),
    path("domains/forget/", views_rules.domain_drop, name="domain_drop"),
    path("providers/new/", views_rules.provider_create, name="provider_create"),
    path("providers/<int:provider_id>/", views_rules.provider, name="provider"),
    path(
        "members/<int:membership_id>/end-sessions/",
        views_rules.sessions_end,
        name="sessions_end",
    ),
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
