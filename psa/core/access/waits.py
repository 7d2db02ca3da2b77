"""How long somebody waits whom the sign-in library stopped: its own limits, read as it keeps them."""

import time
from itertools import chain
from math import ceil
from typing import Final

from allauth.account import app_settings as account
from allauth.core.internal import ratelimit
from allauth.mfa import app_settings as factors
from django.core.cache import cache
from django.http import HttpRequest

# Of a limit that is none of these, such as one that was lifted meanwhile.
UNKNOWN_SECONDS: Final = 60


def seconds_to_wait(request: HttpRequest) -> int:
    """Until the next attempt is taken: the longest of the limits this browser or person reached."""
    now = time.time()
    typed = request.POST.get("email", "").strip().lower()
    waits = []
    for app, action, rule in chain(
        (("account", *pair) for pair in account.RATE_LIMITS.items()),
        (("mfa", *pair) for pair in factors.RATE_LIMITS.items()),
    ):
        for rate in ratelimit.parse_rates(rule):
            known = {"ip": True, "user": request.user.is_authenticated, "key": bool(typed)}
            if not known[rate.per]:
                continue
            counted = ratelimit.get_cache_key(
                request, app=f"allauth.{app}", action=action, rate=rate, key=typed
            )
            kept = cache.get(counted)
            if kept and len(kept) >= rate.amount:
                waits.append(kept[rate.amount - 1] + rate.duration - now)
    return max((ceil(wait) for wait in waits if wait > 0), default=UNKNOWN_SECONDS)
