"""Start and stop: the spans of a day as people type them, and as the rules compare them."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

MINUTES_PER_DAY: Final = 1440
MAX_SPANS: Final = 20
LONGEST_TEXT: Final = 300
# Start and stop in minutes after midnight, where the person is.
Span = tuple[int, int]

_CLOCK = r"(\d{1,2})(?:[:h](\d{2}))?"
_SPAN = re.compile(rf"{_CLOCK}\s*[-–—]\s*{_CLOCK}")
_BETWEEN = re.compile(r"\s*[,;]\s*|\s+(?=\d)")
_BARE_HOUR = re.compile(r"(?<=\d)h(?!\d)")
_AROUND_DASH = re.compile(r"\s*[-–—]\s*")


def spans_of(typed: str) -> tuple[Span, ...] | None:
    """The spans in a text such as 9-10:30 or 8:00–12:00, 13–17; None when it holds none.

    A clock has hours to 24 and minutes to 59. Whether a span ends after it starts, and whether
    spans overlap, is for the rule to say.
    Source  docs/rules/timeexpense.md, T-14.
    """
    if len(typed) > LONGEST_TEXT:
        return None
    text = _BARE_HOUR.sub("", _AROUND_DASH.sub("-", typed.strip().lower()))
    if "-" not in text.lstrip("-"):
        return None
    found = []
    for word in _BETWEEN.split(text):
        match = _SPAN.fullmatch(word)
        if match is None:
            return None
        start = _minute(match[1], match[2])
        end = _minute(match[3], match[4])
        if start is None or end is None:
            return None
        found.append((start, end))
    return tuple(found) if len(found) <= MAX_SPANS else None


def _minute(hours: str, minutes: str | None) -> int | None:
    past = int(minutes or 0)
    total = int(hours) * 60 + past
    return total if past < 60 and total <= MINUTES_PER_DAY else None


def minutes_in(spans: Iterable[Span]) -> int:
    """How long the spans are together."""
    return sum(end - start for start, end in spans)


def text_of(spans: Iterable[Span]) -> str:
    """Spans as people read them: 9:00–10:30, 11:00–12:15."""
    return ", ".join(
        f"{start // 60}:{start % 60:02d}–{end // 60}:{end % 60:02d}" for start, end in spans
    )


def is_possible(spans: Sequence[Span]) -> bool:
    """Whether each span ends after it starts, on one day."""
    return all(0 <= start < end <= MINUTES_PER_DAY for start, end in spans)


def first_overlap(spans: Sequence[Span], others: Iterable[Span] = ()) -> Span | None:
    """The first of the spans that overlaps another of them, or one of the others."""
    before = list(others)
    for span in spans:
        start, end = span
        if any(start < other_end and other_start < end for other_start, other_end in before):
            return span
        before.append(span)
    return None
