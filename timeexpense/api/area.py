"""The area that the room's endpoints and their scopes belong to."""

from typing import Annotated

from ninja.files import UploadedFile

from psa.core.errors import DomainError
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


def file_content(file: UploadedFile, most_bytes: int) -> bytes:
    """What was sent as `file`. Raises  DomainError when it is larger than that."""
    if file.size is None or file.size > most_bytes:
        raise DomainError(f"The file has at most {most_bytes // 1024**2} MB. Split it.", "file")
    content: bytes = file.read()
    return content
