"""Forms of tokens."""

from typing import Any

from django import forms

from psa.core.access.models import Role

from . import scopes

LIVES = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (366, "A year")]


class NewToken(forms.Form):
    name = forms.CharField(
        label="Name", max_length=80, help_text="What will use it, such as “Payroll export”."
    )
    days = forms.TypedChoiceField(label="Valid for", choices=LIVES, coerce=int, initial=90)
    scopes = forms.MultipleChoiceField(
        label="Scopes",
        widget=forms.CheckboxSelectMultiple,
        help_text="It never does more than your own roles allow.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = list(scopes.all_scopes().items())  # type: ignore[attr-defined]


class NewServiceToken(NewToken):
    roles = forms.MultipleChoiceField(
        label="Roles",
        widget=forms.CheckboxSelectMultiple,
        help_text="What the service may do, whoever made the token.",
    )
    field_order = ("name", "roles", "days", "scopes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].help_text = "It never does more than its roles allow."
        self.fields["roles"].choices = list(  # type: ignore[attr-defined]
            Role.objects.order_by("name").values_list("code", "name")
        )
