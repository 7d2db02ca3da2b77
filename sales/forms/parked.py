"""Which parked work is to fill a limit's room."""

from django import forms


class ReleaseForm(forms.Form):
    actuals = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: object, ids: list[int], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["actuals"].choices = [(pk, str(pk)) for pk in ids]  # type: ignore[attr-defined]
