"""Bases of bodies and answers."""

from typing import Any

from ninja import Schema
from pydantic import BaseModel, ConfigDict

# What an endpoint validates with is made when it is first called: most of a worker's schemas are
# never called, and took 12 MB and a second of every start.
Schema.model_config["defer_build"] = True


class In(Schema):
    """A body: unknown fields are refused, so that a misspelt one is not silently dropped."""

    model_config = ConfigDict(extra="forbid")

    def values(self) -> dict[str, Any]:
        """The fields as keyword arguments; nested bodies stay what they are."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def given(self) -> dict[str, Any]:
        """Only the fields that were sent: what a PATCH changes."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class Out(Schema):
    """An answer, filled from a row, an object or a mapping by its attributes."""


class InMany(BaseModel):
    """A row of which thousands come in one body: as `In`, without its second look at each."""

    model_config = ConfigDict(extra="forbid")


class OutMany(BaseModel):
    """A row of which thousands are answered; the endpoint makes it itself."""


class Named(Out):
    """A record pointed at, with the name people know it by."""

    id: int
    name: str


class FieldError(Out):
    field: str
    message: str


class Problem(Out):
    """RFC 9457 problem details; `detail` is a sentence for people, `errors` say which field."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = []


class Nothing(In):
    """An action without input."""


class Reason(In):
    """Why it is done; it goes into the trail."""

    reason: str
