"""In-app help: short texts in docs/help, one for each part of the application.

A text begins with ``# Title`` and a line ``pages:`` with the URL names it is for; ``namespace:*``
stands for all others of that part. Then come paragraphs, ``## headings`` and ``- points``.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from psa.core.errors import NotFound

_STRONG = re.compile(r"\*\*(.+?)\*\*|`(.+?)`")


@dataclass(frozen=True, slots=True)
class Topic:
    """One text; `words` is what the palette looks through."""

    slug: str
    title: str
    pages: tuple[str, ...]
    html: SafeString
    words: str


def topics() -> dict[str, Topic]:
    """Every text by its file's name, in the reader's language where it has been written in it."""
    return _topics(_language())


def topic_of(view_name: str) -> Topic | None:
    """The text for a page: the one that names it, else the one for its part."""
    return _topic_of(view_name, _language())


def _language() -> str:
    return (get_language() or "en").partition("-")[0]


@cache
def _topics(language: str) -> dict[str, Topic]:
    folder = Path(settings.BASE_DIR) / "docs" / "help"
    return {
        path.stem: _read(own if (own := folder / language / path.name).exists() else path)
        for path in sorted(folder.glob("*.md"))
    }


@cache
def _topic_of(view_name: str, language: str) -> Topic | None:
    part = view_name.partition(":")[0] + ":*"
    for wanted in (view_name, part):
        for topic in _topics(language).values():
            if wanted in topic.pages:
                return topic
    return None


def get_topic(slug: str) -> Topic:
    """Raises  NotFound."""
    try:
        return topics()[slug]
    except KeyError:
        raise NotFound("There is no such help text.") from None


def matching(query: str) -> list[Topic]:
    """Texts that hold every word of the query, those with it in their title first."""
    words = query.casefold().split()
    found = [t for t in topics().values() if words and all(word in t.words for word in words)]
    return sorted(found, key=lambda t: (not all(w in t.title.casefold() for w in words), t.title))


def _read(path: Path) -> Topic:
    first, second, *rest = path.read_text("utf-8").splitlines()
    body = "\n".join(rest)
    return Topic(
        slug=path.stem,
        title=first.removeprefix("# "),
        pages=tuple(second.removeprefix("pages:").split()),
        html=_html(body),
        words=f"{first} {body}".casefold(),
    )


def _html(text: str) -> SafeString:
    blocks = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if lines[0].startswith("## "):
            blocks.append(format_html("<h3>{}</h3>", lines[0][3:]))
            lines = lines[1:]
        points = [line[2:] for line in lines if line.startswith("- ")]
        plain = " ".join(line for line in lines if not line.startswith("- "))
        if plain:
            blocks.append(format_html("<p>{}</p>", _inline(plain)))
        if points:
            items = format_html_join("", "<li>{}</li>", ((_inline(point),) for point in points))
            blocks.append(format_html("<ul>{}</ul>", items))
    return mark_safe("".join(blocks))


def _inline(text: str) -> SafeString:
    pieces, at = [], 0
    for match in _STRONG.finditer(text):
        pieces.append(format_html("{}", text[at : match.start()]))
        pieces.append(
            format_html("<b>{}</b>", match[1])
            if match[1]
            else format_html("<kbd>{}</kbd>", match[2])
        )
        at = match.end()
    pieces.append(format_html("{}", text[at:]))
    return mark_safe("".join(pieces))
