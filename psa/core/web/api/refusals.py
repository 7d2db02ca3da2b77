"""Refusals that only the API makes; the edge turns each into its problem."""

from collections.abc import Sequence

from psa.core.errors import DomainError


class ApiRefusal(DomainError):
    """A refusal with a status of its own, and perhaps several fields at fault."""

    status = 422

    def __init__(
        self, message: str, field: str | None = None, errors: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message, field)
        self.errors = tuple(errors)


class InvalidQuery(ApiRefusal):
    """A parameter of the address is unknown or can't be read."""


class ScopeMissing(ApiRefusal):
    status = 403


class Stale(ApiRefusal):
    status = 412


class PreconditionMissing(ApiRefusal):
    status = 428
