"""The answer to whoever tried too often: calm, in their language, and saying when it goes on."""

from math import ceil
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from psa.core.access.waits import seconds_to_wait
from psa.core.web import sentences
from psa.core.web.errors import Trouble
from psa.core.web.middleware import read_by_user

TOO_MANY: Final = Trouble(429, "Too many attempts", "")
SAFE: Final = "To keep accounts safe, this is closed for a moment. Nothing is lost."
_SAID_IN_SECONDS: Final = 90


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Of the sign-in library, which keeps accounts from being guessed: says when it goes on."""
    seconds = seconds_to_wait(request)
    minutes = ceil(seconds / 60)
    is_soon = seconds <= _SAID_IN_SECONDS
    again = f"Try again in {seconds} seconds." if is_soon else f"Try again in {minutes} minutes."
    with read_by_user(request.user.pk):
        message = f"{sentences.told(SAFE)} {sentences.told(again)}"
        if getattr(request, "htmx", None):
            stopped = HttpResponse(message, status=429, content_type="text/plain; charset=utf-8")
        else:
            context = {"trouble": TOO_MANY, "message": message}
            stopped = render(request, "429.html", context, status=429)
    stopped["Retry-After"] = str(seconds)
    return stopped
