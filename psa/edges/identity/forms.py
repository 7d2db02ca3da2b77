"""Forms of identity: shape only."""

from typing import Any

from django import forms

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
