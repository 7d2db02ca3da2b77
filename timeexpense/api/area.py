"""The area that the room's endpoints and their scopes belong to."""

from typing import Annotated

from psa.core.web.api import Endpoints, Out, shape
from psa.core.web.api.fields import OneOf
from timeexpense.rules.validation import Finding

endpoints = Endpoints("time", "Time and expenses")
FindingOut = shape(Finding, "Finding")
EntryKind = Annotated[str, OneOf("time", "expense")]


class Submitted(Out):
    """What became of one entry that was submitted; findings say why not, or what to look at."""

    entry_id: int
    is_submitted: bool
    findings: list[FindingOut]  # type: ignore[valid-type]
