"""Refusals the business makes, as exceptions.

A message is one or two plain sentences: what happened, to which record or field, and the way
out. Messages are shown to people as they are, so they never carry a rate or a margin, and never
tell that a record exists which the reader may not see.
"""


class DomainError(Exception):
    """What was asked for is refused; `message` says why and what to do.

    `field` names the input the refusal belongs to, so that a form can show it in place.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message, field)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return self.message


class NotFound(DomainError):
    """No such record, another tenant's, or one the actor may not see: told alike on purpose."""


class NotSetUp(NotFound):
    """What is missing is the reader's own, so they are told what to do about it."""


class Conflict(DomainError):
    """Somebody else was first, or the record has changed since it was read."""


class PermissionDenied(DomainError):
    """The actor may see the record but not do this to it."""
