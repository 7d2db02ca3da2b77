"""What a chat is sent: the documented formats of incoming webhooks, filled with plain words.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
Teams: a message with an Adaptive Card, as its workflow “when a webhook request is received” takes it.
Words of people never become markup: neither a link, nor a mention of everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

# Answers after which trying again is in vain: the address is to be put in anew.
GONE: Final = frozenset({400, 401, 403, 404, 410})
_CARD: Final = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True, slots=True)
class Words:
    """A message in its channel's language; `url` leads to where it is decided, or is ""."""

    title: str
    body: str
    url: str
    link: str


def slack(words: Words) -> dict[str, Any]:
    """A section of plain text and a link; `text` is what notifications of devices show."""
    blocks: list[dict[str, Any]] = [_section(words.title)]
    if words.body:
        blocks.append(_section(words.body))
    if words.url:
        link = {"type": "mrkdwn", "text": f"<{_escaped(words.url)}|{_escaped(words.link)}>"}
        blocks.append({"type": "section", "text": link})
    return {"text": _escaped(words.title), "blocks": blocks}


def teams(words: Words) -> dict[str, Any]:
    """A card of text runs, which know no markup, with a button that opens the page."""
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [_run(words.title, weight="Bolder")],
    }
    if words.body:
        card["body"].append(_run(words.body))
    if words.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": words.link, "url": words.url}]
    attachment = {"contentType": _CARD, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


FORMATS: Final[dict[str, Callable[[Words], dict[str, Any]]]] = {"slack": slack, "teams": teams}


def said_of(status: int, chat: str) -> str:
    """An answer in words for who set the channel up."""
    if 200 <= status < 300:
        return f"{chat} took it"
    if status in GONE:
        return f"{chat} does not take it at this address (answer {status}). Put in a new address."
    if status == 429:
        return f"{chat} got too many messages at once; it is tried again later"
    if 300 <= status < 400:
        return f"The address leads elsewhere (answer {status}). Put in the new address."
    return f"{chat} did not take it (answer {status}); it is tried again later"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _run(text: str, **looks: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}


def _escaped(text: str) -> str:
    """As Slack wants its three signs written."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
