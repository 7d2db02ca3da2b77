"""What a browser keeps of this site for the time without a network: the files that pages need.

A room names the pages that work offline and their own files; the shell's are named here. Files are
the same for everybody. Pages are kept by the service worker for one user and dropped when another
one signs in, or anybody signs out (docs/adr/0048).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static

# Named by pages, so under the name that a release gives them.
_SHELL: Final = (
    "vendor/tabler.min.css", "vendor/inter/index.css", "css/tokens.css", "css/psa.css",
    "css/rooms.css", "css/access.css", "css/shell.css", "js/theme.js", "vendor/htmx.min.js",
    "js/toasts.js", "js/shell.js", "js/keys.js", "js/lists.js", "js/list_changes.js",
    "js/forms.js", "js/palette.js", "js/offline.js", "vendor/icons.svg",
    "icons/icon-192.png",
)  # fmt: skip
# Imported by modules, under their plain names.
_IMPORTED: Final = (
    "vendor/tinykeys.js", "vendor/idb.js", "js/phone_store.js", "js/phone_queue.js",
    "js/durations.js", "js/shell.js", "js/words.js",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """A page that opens without a network: its path inside a firm, and files beyond the shell's.

    `files` are named by the page, `modules` imported by its scripts.
    """

    path: str
    files: Sequence[str]
    modules: Sequence[str] = ()


_pages: list[OfflinePage] = []


def register(page: OfflinePage) -> None:
    _pages.append(page)


def settings_of_worker() -> dict[str, Any]:
    """What the service worker keeps: the files' common version and addresses, and which pages."""
    version, files = _precache() if settings.PRODUCTION else _precache.__wrapped__()
    return {
        "version": version,
        "files": files,
        "paths": [page.path for page in _pages],
        "style": static("css/psa.css"),
    }


def worker() -> str:
    """The text of the service worker."""
    found = finders.find("js/service_worker.js")
    assert isinstance(found, str)
    return Path(found).read_text("utf-8")


@cache
def _precache() -> tuple[str, list[str]]:
    named = dict.fromkeys([*_SHELL, *(name for page in _pages for name in page.files)])
    plain = dict.fromkeys([*_IMPORTED, *(name for page in _pages for name in page.modules)])
    digest = hashlib.sha256()
    for name in [*named, *plain]:
        found = finders.find(name)
        if isinstance(found, str):
            with open(found, "rb") as file:
                digest.update(name.encode() + file.read())
    addresses = [static(name) for name in named]
    addresses += [f"{settings.STATIC_URL}{name}" for name in plain]
    return digest.hexdigest()[:16], list(dict.fromkeys(addresses))
