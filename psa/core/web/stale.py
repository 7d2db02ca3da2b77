"""A form that was overtaken: whoever saves second is told what the first one changed."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core import signing
from django.db import connection

from psa.core.web import formats

_SALT = "psa.seen"
_SHOWN = 80


def watch(
    form: forms.Form, *, record: str, read: Callable[[], Mapping[str, Any]] | None = None
) -> None:
    """Remember in the form what its record said, and refuse to save over a change of it.

    `record` names the row, such as ``sales.account:12``; `read` returns its present values by field
    (default: the form's initial ones). Call it between making the form and asking `is_valid`. A
    bound form that was overtaken gets an error that names each changed field, keeps what was typed,
    and remembers the new values: saving once more overwrites them knowingly. Saves of one record
    wait for each other here, so none can slip between the look and the write. A `lock_version` among
    the values is the service's own guard: the form takes up the new one with the new values.
    """
    if form.is_bound:
        _lock(record)
    values = dict(read() if read else form.initial)
    version = values.pop("lock_version", None)
    now = _texts(form, values)
    form.seen = signing.dumps([record, now], salt=_SALT, compress=True)  # type: ignore[attr-defined]
    if not form.is_bound:
        return
    seen = _seen(form.data.get("seen", ""), record)
    if seen is None or not form.is_valid():
        return
    changes = [
        f"{form.fields[name].label or name} was {_shown(seen.get(name))}, is now {_shown(text)}"
        for name, text in now.items()
        if name in seen and seen[name] != text
    ]
    if changes:
        if version is not None and "lock_version" in form.fields:
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["lock_version"] = str(version)  # type: ignore[index]
        form.add_error(
            None,
            "Somebody changed this record while you had it open: " + "; ".join(changes) + ". "
            "What you typed is kept below. Save again to put yours in its place.",
        )


def _lock(record: str) -> None:
    """Until the transaction ends, so that it holds behind a connection pool as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended("
            "%s || coalesce(current_setting('psa.tenant_id', true), ''), 0))",
            [record],
        )


def _seen(token: str, record: str) -> dict[str, str] | None:
    try:
        named, values = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return values if named == record else None


def _texts(form: forms.Form, values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(form, name, values[name]) for name in form.fields if name in values}


def _text(form: forms.Form, name: str, value: Any) -> str:
    """The value as the form would show it; a reference by its number, an amount without zeros."""
    if value is None:
        return ""
    if hasattr(value, "pk"):
        value = value.pk
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return formats.day_text(value)
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(str(getattr(one, "pk", one)) for one in value))
    choices = dict(getattr(form.fields[name], "choices", ()) or ())
    return str(choices.get(value, value))


def _shown(text: str | None) -> str:
    return f"“{text[:_SHOWN]}”" if text else "empty"
