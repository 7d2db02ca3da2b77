"""What a page offers while somebody is only looking: nothing that would be refused.

Works on the finished page, so that every button of every room is covered in one place, whoever
wrote it: what posts is disabled and says why. What opens a page or filters a list stays.
"""

import re
from html import escape

_TAG = re.compile(r"<(/?)(form|button|input|textarea|a)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.I)
_POSTS = re.compile(r"\bmethod\s*=\s*[\"']?post\b", re.I)
_WRITES = re.compile(r"\shx-(post|put|patch|delete)\s*=", re.I)
_FORM_POSTS = re.compile(r"\bformmethod\s*=\s*[\"']?post\b", re.I)
_TYPE = re.compile(r"(?<![\w-])type\s*=\s*[\"']?([\w-]+)", re.I)
_ID = re.compile(r"(?<![\w-])id\s*=\s*[\"']?([\w-]+)", re.I)
_OF_FORM = re.compile(r"(?<![\w-])form\s*=\s*[\"']?([\w-]+)", re.I)
_ACTION = re.compile(r"(?<![\w-])action\s*=\s*[\"']([^\"']*)", re.I)
_TITLE = re.compile(r"\stitle\s*=\s*(\"[^\"]*\"|'[^']*')", re.I)
_OFF = re.compile(r"(?<![\w-])disabled(?![\w-])", re.I)
_SUBMITS = {"submit", "image"}


def without_writes(page: str, *, reason: str, may_still: tuple[str, ...]) -> str:
    """The page with every button that would change something disabled, its `title` the reason.

    Forms whose address ends with one of `may_still` are left as they are: ending the view, signing out.
    """
    posting = {
        found[1]
        for tag in _TAG.finditer(page)
        if tag[2].lower() == "form" and not tag[1] and _is_refused(tag[3], may_still)
        and (found := _ID.search(tag[3]))
    }  # fmt: skip
    inside = False
    pieces, last = [], 0
    for tag in _TAG.finditer(page):
        name, attributes = tag[2].lower(), tag[3]
        if name == "form":
            inside = not tag[1] and _is_refused(attributes, may_still)
            continue
        if tag[1] or not _changes(name, attributes, inside, posting):
            continue
        pieces += [page[last : tag.start()], _disabled(name, attributes, reason)]
        last = tag.end()
    return "".join((*pieces, page[last:]))


def _is_refused(attributes: str, may_still: tuple[str, ...]) -> bool:
    if not _POSTS.search(attributes):
        return False
    action = _ACTION.search(attributes)
    return not (action and action[1].endswith(may_still))


def _changes(name: str, attributes: str, inside: bool, posting: set[str]) -> bool:
    if _WRITES.search(attributes):
        return name in ("button", "input")
    kind = _TYPE.search(attributes)
    submits = (kind[1].lower() if kind else "submit") in _SUBMITS
    if name not in ("button", "input") or not submits or (name == "input" and not kind):
        return False
    named = _OF_FORM.search(attributes)
    return bool(_FORM_POSTS.search(attributes) or (named[1] in posting if named else inside))


def _disabled(name: str, attributes: str, reason: str) -> str:
    kept = _TITLE.sub("", attributes).rstrip("/ ")
    off = "" if _OFF.search(kept) else " disabled"
    return f'<{name}{kept}{off} title="{escape(reason)}" data-why>'
