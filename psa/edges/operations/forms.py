"""Forms of the pages about a person's data and about a sample firm."""

from django import forms


class RemoveSample(forms.Form):
    """The firm's name, typed by who means it."""

    name = forms.CharField(
        label="Name of the firm",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class Person(forms.Form):
    """Whose data, and what is asked; to forget, the address is typed once more."""

    email = forms.EmailField(label="E-mail address of the person", max_length=254)
    again = forms.CharField(required=False, max_length=254)
    action = forms.ChoiceField(
        choices=[("look", "Look"), ("copy", "Copy"), ("forget", "Forget")], required=False
    )

    def clean(self) -> None:
        given = self.cleaned_data
        typed = given.get("again", "").strip().lower()
        if given.get("action") == "forget" and typed != given.get("email", "").strip().lower():
            self.add_error("again", "Type the address once more: this can not be undone.")
