"""What a page shows, without what is drawn by chance: any short figure turns up in a token some day."""

import re
from typing import Any

_TOKEN = re.compile(
    r'(name="csrfmiddlewaretoken" value="|X-CSRFToken&quot;: &quot;|nonce="|nonce-)[A-Za-z0-9_+/=-]+'
)


def shown(answer: Any) -> str:
    """The text of an answer, tokens of its forms and scripts left out."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return _TOKEN.sub(r"\1", body.decode(errors="replace"))
