"""The upload form: shape only; what the file is, the service judges."""

from typing import Any

from django import forms


class Upload(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="PDF, PNG, JPEG or WebP, at most 25 MB.",
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.webp"}),
        allow_empty_file=True,
    )
    is_client_visible = forms.BooleanField(
        label="The client may see it",
        required=False,
        help_text="Otherwise it stays inside your organisation.",
    )

    def __init__(self, *args: Any, with_client_choice: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_client_choice:
            del self.fields["is_client_visible"]
