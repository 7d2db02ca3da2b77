"""Marking what matched, letter by letter, whatever its case and accents."""

import unicodedata

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe


def folded(text: str) -> str:
    """Small letters without accents, each letter still one letter, so that positions agree."""
    return "".join((unicodedata.normalize("NFKD", c)[:1] or c).lower()[:1] or c for c in text)


def highlighted(text: str, words: list[str]) -> SafeString:
    """The text, escaped, with each place where a word of the query stands inside ``<mark>``."""
    plain = folded(text)
    marked = [False] * len(text)
    for word in filter(None, map(folded, words)):
        at = plain.find(word)
        while at >= 0:
            marked[at : at + len(word)] = [True] * len(word)
            at = plain.find(word, at + len(word))
    pieces, at = [], 0
    while at < len(text):
        end = at
        while end < len(text) and marked[end] == marked[at]:
            end += 1
        piece = text[at:end]
        pieces.append(
            format_html("<mark>{}</mark>", piece) if marked[at] else conditional_escape(piece)
        )
        at = end
    return mark_safe("".join(pieces))
