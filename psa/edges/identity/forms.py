"""Forms of identity: shape only."""

from typing import Any

from django import forms

from psa.core.access import registry
from psa.core.access.models import Role


class Invite(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail", max_length=254)
    name = forms.CharField(label="Name", max_length=120)
    roles = forms.MultipleChoiceField(
        label="Roles",
        widget=forms.CheckboxSelectMultiple,
        help_text="What they may do is the sum of their roles.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = list(  # type: ignore[attr-defined]
            Role.objects.order_by("name").values_list("code", "name")
        )


class SetPassword(forms.Form):
    """The first password of somebody who was invited."""

    password = forms.CharField(
        label="Choose a password",
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. A sentence is fine; a password manager is better.",
    )


class SignInRules(forms.Form):
    """How members prove who they are, and whether duties are kept apart."""

    sso_required = forms.BooleanField(
        label="Single sign-on is required",
        required=False,
        help_text="Only sessions made by a provider below open this firm; passwords no longer do.",
    )
    second_factor_required = forms.BooleanField(
        label="A second factor is required",
        required=False,
        help_text="A passkey, or a code beside the password. A provider that asks for one itself "
        "counts.",
    )
    duties_apart = forms.BooleanField(
        label="Duties are kept apart",
        required=False,
        help_text="Nobody both manages users and posts, confirms, pays or re-opens. Turn this off "
        "only where the firm is too small for two people.",
    )
    session_idle_minutes = forms.IntegerField(
        label="Sign in again after minutes away",
        min_value=5,
        max_value=720,
        help_text="When nothing was opened or saved for so long. What was typed is not sent.",
    )
    session_hours = forms.IntegerField(
        label="Sign in again after hours",
        min_value=1,
        max_value=12,
        help_text="However busy the session is; counted from the last proof of who it is.",
    )


class Domain(forms.Form):
    """A domain of e-mail addresses that the firm says is its own."""

    domain = forms.CharField(
        label="Domain", max_length=253, help_text="What stands after the @, such as acme.com."
    )


class Provider(forms.Form):
    """An OpenID Connect provider, as its own console describes it."""

    name = forms.CharField(
        label="Name", max_length=60, help_text="What people choose at sign-in, such as Okta."
    )
    issuer = forms.CharField(
        label="Issuer",
        max_length=200,
        help_text="Such as https://login.example.com; its configuration is read from there.",
    )
    client_id = forms.CharField(label="Client id", max_length=200)
    secret = forms.CharField(
        label="Client secret",
        required=False,
        max_length=400,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept sealed and never shown again; empty keeps the one that is stored.",
    )
    has_second_factor = forms.BooleanField(
        label="It asks for a second factor itself", required=False
    )
    is_enabled = forms.BooleanField(
        label="In use", required=False, help_text="Off ends every session that it has made."
    )
    lock_version = forms.IntegerField(widget=forms.HiddenInput)


class RoleRights(forms.Form):
    """A role's name and rights; the page shows the rights grouped, in words."""

    name = forms.CharField(label="Name", max_length=80)
    permissions = forms.MultipleChoiceField(
        label="Rights", required=False, widget=forms.CheckboxSelectMultiple
    )
    lock_version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["permissions"].choices = list(registry.all_permissions().items())  # type: ignore[attr-defined]


class ViewAs(forms.Form):
    """Why somebody's view is looked at."""

    reason = forms.CharField(
        label="Reason", max_length=200, help_text="Such as the number of the support request."
    )
