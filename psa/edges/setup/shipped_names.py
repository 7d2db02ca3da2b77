"""What a new firm's own records are called at first: in its language, by the catalogue's “shipped”.

From then on they are the firm's words, and no page translates them.
"""

from django.utils import translation


def named(text: str, language: str) -> str:
    """The shipped English name in the language; as it is where the catalogue has none."""
    with translation.override(language):
        return translation.pgettext("shipped", text)
