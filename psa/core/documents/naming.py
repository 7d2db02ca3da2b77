"""A file name that is safe to store and to send back."""

import re
import unicodedata

_MAX = 120
_RESERVED = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_DEVICES = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


def spoken_filename(name: str) -> str:
    """The sender's name as a sentence may quote it, with its own ending; never empty."""
    text = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    text = "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Cc", "Cs", "Co", "Cn"})
    return re.sub(r"\s+", " ", _RESERVED.sub(" ", text)).strip()[-_MAX - 6 :] or "document"


def safe_filename(name: str, extension: str) -> str:
    """``name`` without folders, control and direction marks, ended by ``extension``; never empty.

    Pure: the same name gives the same result. The extension is the content's, not the sender's:
    "receipt.html" whose content is a picture becomes "receipt.png".
    """
    stem = spoken_filename(name)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", stem)
    stem = re.sub(r"\s+", " ", stem).strip(" .")[:_MAX].strip(" .")
    if not stem or _DEVICES.match(stem):
        stem = "document"
    return f"{stem}.{extension}"
