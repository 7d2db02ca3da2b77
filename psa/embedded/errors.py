"""What the embedded servers refuse with."""


class EmbeddedError(Exception):
    """The embedded servers cannot be used; the message is a sentence for the person who ran it."""
