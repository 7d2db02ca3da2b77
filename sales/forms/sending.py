"""The form of sending a quote."""

from typing import Any

from django import forms

from psa.core.notifications.addresses import typed_addresses
from sales.selectors.quote_mails import Addressees
from sales.services.sending import QuoteMail


class SendQuote(forms.Form):
    """To whom a quote goes and with which words, or that somebody hands it over."""

    request_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    recipients = forms.CharField(
        label="Send to",
        max_length=1000,
        help_text="E-mail addresses, with commas between them",
    )
    message = forms.CharField(
        label="Text", max_length=4000, widget=forms.Textarea(attrs={"rows": 9})
    )
    without_mail = forms.BooleanField(
        label="Send no e-mail",
        required=False,
        help_text="Its PDF is made and the quote counts as sent; you hand it over yourself.",
    )

    def __init__(self, *args: Any, known: Addressees, is_draft: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known.others:
            self.fields[
                "recipients"
            ].help_text = (
                f"E-mail addresses, with commas between them. Also known: {', '.join(known.others)}"
            )
        if not is_draft:
            del self.fields["without_mail"]
        elif "without_mail" in self.data:
            self.fields["recipients"].required = self.fields["message"].required = False

    def clean_recipients(self) -> list[str]:
        return typed_addresses(self.cleaned_data["recipients"])

    def mail(self) -> QuoteMail | None:
        """What is to be mailed; None when somebody hands it over."""
        data = self.cleaned_data
        if data.get("without_mail"):
            return None
        return QuoteMail(data["recipients"], data["message"], data["request_key"])
