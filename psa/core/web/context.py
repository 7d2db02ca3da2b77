"""What the shell around every page needs; each value is made only when a template reads it."""

import json
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import get_script_prefix
from django.utils.functional import SimpleLazyObject

from psa.core.notifications.selectors import unread_count
from psa.core.tenancy.scope import current_tenant_id
from psa.core.web.help import Topic, topic_of
from psa.core.web.navigation import navigation, top_parts
from psa.core.web.sentences import told


def _toasts(request: HttpRequest) -> list[dict[str, str]]:
    """What the last act has to say, once; a script that reads a page behind the scenes takes nothing."""
    if not hasattr(request, "_messages") or _is_read_by_a_script(request):
        return []
    tones = {"error": "bad", "warning": "warn"}
    return [
        {
            "text": told(str(message)),
            "tone": tones.get(message.level_tag, "ok"),
            "undo_url": (message.extra_tags or "").removeprefix("undo:")
            if (message.extra_tags or "").startswith("undo:")
            else "",
        }
        for message in get_messages(request)
    ]


def _is_read_by_a_script(request: HttpRequest) -> bool:
    """Whether the answer is not put before anybody; a browser that does not tell is believed to show it."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return mode != "navigate" and "HX-Request" not in request.headers


def _unread(request: HttpRequest) -> int:
    actor = getattr(request, "actor", None)
    return unread_count(actor) if actor and current_tenant_id() else 0


def _help(request: HttpRequest) -> Topic | None:
    match = getattr(request, "resolver_match", None)
    return topic_of(match.view_name) if match and match.view_name else None


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell.navigation`, `.top_parts`, `.toasts`, `.home_url`, `.headers` (the CSRF header for htmx), and
    the member's own `.theme`, `.letters_off`, `.is_compact`, `.unread` (notifications)."""
    own = getattr(request, "personal", None)
    return {
        "shell": {
            "theme": own.theme if own and own.theme != "system" else "",
            "letters_off": bool(own and not own.has_letter_keys),
            "is_compact": bool(own and own.density == "compact"),
            "help": SimpleLazyObject(lambda: _help(request)),
            "unread": SimpleLazyObject(lambda: _unread(request)),
            "home_url": get_script_prefix(),
            "navigation": SimpleLazyObject(lambda: navigation(request)),
            "top_parts": SimpleLazyObject(lambda: top_parts(request)),
            "toasts": SimpleLazyObject(lambda: _toasts(request)),
            "headers": SimpleLazyObject(lambda: json.dumps({"X-CSRFToken": get_token(request)})),
        }
    }
