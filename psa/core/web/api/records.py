"""Versions of records over HTTP: `ETag` names what was seen, `If-Match` changes nothing else."""

import hashlib
import json

from ninja import Schema

from .refusals import PreconditionMissing, Stale
from .requests import ApiRequest


def etag_of(record: Schema) -> str:
    """The entity tag of a representation: a hash, so that computed figures count too."""
    text = json.dumps(record.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def names(header: str, etag: str) -> bool:
    """Whether an `If-Match` or `If-None-Match` header names this tag; a weak tag is the same."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def check_unchanged(request: ApiRequest, record: Schema) -> None:
    """Raises  Stale when the record is no longer what `If-Match` names."""
    if not names(request.headers.get("If-Match", "*"), etag_of(record)):
        raise Stale(
            "The record has changed since you read it. Read it again, look at what is new, and "
            "send your change with the new ETag."
        )
    version: int = getattr(record, "lock_version", 0)
    request.seen_version = version


def check_named(request: ApiRequest) -> None:
    """Raises  PreconditionMissing for a change of an editable record without `If-Match`."""
    if "If-Match" not in request.headers:
        raise PreconditionMissing(
            "Read the record first and send its ETag as If-Match, so that nobody's change is "
            "overwritten unseen."
        )
