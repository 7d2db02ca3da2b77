"""What the scripts of the week say, in the reader's language."""

import json

from django.utils.translation import gettext

# Names in braces are filled in by the script.
_WORDS = {
    "saving": "Saving…",
    "saved": "Saved {time}",
    "removed": "Removed {time}",
    "echo": "{typed} is {text}",
    "not_saved": "Not saved",
    "no_answer": "Not saved: the server did not answer. It is kept here and tried again.",
    "kept": "{count} not saved. What you typed is kept on this device and tried again.",
    "marked": "{count} not saved; look at the marked cells",
    "reload": "Not saved. Reload the page.",
    "time_first": "Enter the time first; a comment needs time beside it.",
    "suggested": "Suggested from {source}",
    "changed": "You had typed “{typed}” here; it holds {held} by now.",
    "nothing": "nothing",
    "back_one": "1 cell was typed and not saved last time; it is back and being saved.",
    "back_many": "{count} cells were typed and not saved last time; they are back and being saved.",
    "elsewhere": "Typed and not saved in other weeks: {count}. Open them to save it.",
}


def grid_words() -> str:
    """The texts by name, as JSON for an attribute."""
    return json.dumps({name: gettext(text) for name, text in _WORDS.items()})
