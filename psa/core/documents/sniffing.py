"""What a file is, judged by its content; its name and the browser's word count for nothing."""

import io
import re
from typing import IO

import filetype
from PIL import Image, ImageOps

from psa.core.errors import DomainError

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
WEBP = "image/webp"
EXTENSIONS = {PDF: "pdf", PNG: "png", JPEG: "jpg", WEBP: "webp"}
MAX_PIXELS = 40_000_000

_FORMATS = {PNG: "PNG", JPEG: "JPEG", WEBP: "WEBP"}
_HEAD_BYTES = 8192
_MARKUP = re.compile(
    rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|object|\?xml|x:|math)", re.IGNORECASE
)
_ALLOWED = "Upload a PDF, PNG, JPEG or WebP file."
_SPOKEN = {
    "application/zip": "an archive",
    "application/gzip": "an archive",
    "application/x-tar": "an archive",
    "application/x-7z-compressed": "an archive",
    "application/x-rar-compressed": "an archive",
    "application/x-bzip2": "an archive",
    "application/x-xz": "an archive",
    "application/x-msdownload": "a program",
    "application/x-executable": "a program",
}


def content_type_of(content: IO[bytes], filename: str) -> str:
    """The media type of what is in the file, one of ``EXTENSIONS``; the file is left at its start.

    Raises  DomainError (field "file"), saying what it looks like instead: web pages, SVG, archives,
    programs and everything else that is not listed, whatever the name says.
    """
    content.seek(0)
    head = content.read(_HEAD_BYTES)
    content.seek(0)
    if not head:
        raise DomainError(f"“{filename}” is empty. Choose the file again.", field="file")
    found = filetype.guess_mime(head)
    if found in EXTENSIONS:
        if found == PDF and not head.startswith(b"%PDF-"):
            raise _refused(filename, "something before a PDF")
        return str(found)
    if found in _SPOKEN:
        raise _refused(filename, _SPOKEN[found])
    if _MARKUP.search(head.replace(b"\x00", b"")):
        raise _refused(filename, "a web page or drawing with markup, which can carry scripts")
    if head.startswith((b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")):
        raise _refused(filename, "a program")
    raise _refused(filename, f"“{found}”" if found else "a kind of file that is not accepted here")


def re_encoded(content: IO[bytes], content_type: str, filename: str) -> bytes:
    """The picture drawn anew: upright, its metadata and whatever was hidden behind it gone.

    Size is read before any pixel is, so that a small file can't unfold into gigabytes.
    Raises  DomainError (field "file") for too many pixels or a damaged picture.
    """
    try:
        content.seek(0)
        with Image.open(content, formats=[_FORMATS[content_type]]) as picture:
            _check_pixels(picture, filename)
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            clean = _plain(upright, content_type)
            target = io.BytesIO()
            options = {} if content_type == PNG else {"quality": 90}
            clean.save(target, format=_FORMATS[content_type], optimize=True, **options)
    except Image.DecompressionBombError as error:  # raised before the size can be asked for
        raise _too_many_points(filename) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise DomainError(
            f"“{filename}” is damaged: it starts like a picture but can't be read to its end. "
            "Take it again or save it anew, then upload it.",
            field="file",
        ) from error
    return target.getvalue()


def check_pdf_ends(content: IO[bytes], size: int, filename: str) -> None:
    """Raises  DomainError when a PDF has no end mark: a broken download or another file."""
    content.seek(max(0, size - 2048))
    tail = content.read()
    content.seek(0)
    if b"%%EOF" not in tail:
        raise DomainError(
            f"“{filename}” is not complete: it starts like a PDF but has no end. Save it anew, "
            "then upload it.",
            field="file",
        )


def _check_pixels(picture: Image.Image, filename: str) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _too_many_points(filename)


def _too_many_points(filename: str) -> DomainError:
    return DomainError(
        f"“{filename}” has more than {MAX_PIXELS // 1_000_000} million points, the most a picture "
        "may have. Make it smaller, then upload it.",
        field="file",
    )


def _plain(picture: Image.Image, content_type: str) -> Image.Image:
    """The points alone, in a mode that the format can write."""
    wanted = {"1", "L", "RGB"} if content_type == JPEG else {"1", "L", "LA", "RGB", "RGBA"}
    if content_type == WEBP:
        wanted = {"RGB", "RGBA"}
    if picture.mode not in wanted:
        has_alpha = "A" in picture.getbands() or "transparency" in picture.info
        picture = picture.convert("RGBA" if has_alpha and content_type != JPEG else "RGB")
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return clean


def _refused(filename: str, looks_like: str) -> DomainError:
    return DomainError(
        f"“{filename}” was not accepted: its content is {looks_like}. {_ALLOWED}", field="file"
    )
