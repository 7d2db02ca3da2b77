"""Forms of channels: shape only."""

from typing import Any

from django import forms

from psa.core.notifications import events as known_events
from psa.core.web import personal

from .models import Channel


class ChannelForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, help_text="Such as #approvals.")
    kind = forms.ChoiceField(label="Chat", choices=Channel.Kind.choices)
    url = forms.CharField(
        label="Address",
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=(
            "Of the incoming webhook that you made in the chat: https, and not in a private "
            "network. It is kept sealed and shown to nobody."
        ),
    )
    language = forms.ChoiceField(label="Language of messages", choices=personal.LANGUAGES)
    events = forms.MultipleChoiceField(
        label="What goes there",
        widget=forms.CheckboxSelectMultiple,
        help_text="Words without amounts, and a link. Everybody in the channel reads them.",
    )
    is_active = forms.BooleanField(label="On", required=False, initial=True)
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["events"].choices = [  # type: ignore[attr-defined]
            (one.event, one.label) for one in known_events.shared_events()
        ]

    def keeps_address(self) -> None:
        """Of a channel that has one: it is replaced by what is typed, and stays without."""
        self.fields["url"].required = False
        self.fields["url"].help_text = "Empty: the one that is kept. It is shown to nobody."

    @staticmethod
    def initial_of(channel: Channel) -> dict[str, Any]:
        return {
            "name": channel.name,
            "kind": channel.kind,
            "language": channel.language,
            "events": channel.events,
            "is_active": channel.is_active,
            "lock_version": channel.lock_version,
        }
