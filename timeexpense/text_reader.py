"""The text on a picture or PDF, read offline in a process of its own (ADR 50)."""

import json
import logging
import os
import subprocess
import sys

from django.conf import settings

from psa.core.errors import DomainError
from timeexpense.rules.receipts.lines import TextBox

# Within the lease of a job; a picture takes some two seconds on an idle core.
SECONDS = 75
_MOST_BOXES = 2000
_SENTENCES = {
    "damaged": "The file is damaged and cannot be read to its end. Type what the receipt says.",
    "encrypted": "The PDF asks for a password. Type what the receipt says.",
    "too_large": "The file is too large to be read. Type what the receipt says.",
    "no_text": "No text was found on it. Take the picture closer, or type what the receipt says.",
    "too_slow": "Reading it took too long and was stopped. Type what the receipt says.",
}
logger = logging.getLogger(__name__)


def is_available() -> bool:
    """Whether this installation reads receipts: the optional libraries are there."""
    return bool(settings.PSA_RECEIPT_READING)


def read_text(content: bytes, content_type: str) -> list[TextBox]:
    """The runs of text on a picture or PDF that the documents' checks let in.

    Raises  DomainError saying what is wrong with the file, or that it took too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "timeexpense.text_reader_child", content_type],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            cwd=settings.BASE_DIR,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable("too_slow") from None
    if done.returncode != 0:
        logger.warning("reading a receipt ended with %s: %s", done.returncode, done.stderr[-400:])
        raise _unreadable("too_slow" if done.returncode == -24 else "damaged")
    answer = json.loads(done.stdout)
    if "refusal" in answer:
        raise _unreadable(answer["refusal"])
    return [
        TextBox(text[:400], tuple((x, y) for x, y in corners), confidence)  # type: ignore[arg-type]
        for text, corners, confidence in answer["boxes"][:_MOST_BOXES]
    ]


def _unreadable(code: str) -> DomainError:
    return DomainError(_SENTENCES[code], field="file")
