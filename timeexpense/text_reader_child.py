"""Reads the text of one picture or PDF, in a process of its own: bytes in, runs of text out.

`python -m timeexpense.text_reader_child image/jpeg` takes the file on standard input and writes
{"boxes": [[text, corners, confidence], …]} or {"refusal": code} to standard output. What a hostile
file could do ends here: memory and processor time are limited, nothing can be written to a disk,
and once the libraries are loaded no connection is opened and no program started. The application
is not loaded, and its secrets are not in the environment.
"""

import io
import json
import resource
import sys
from typing import Any

MAX_BYTES = 25 * 1024 * 1024
MEMORY_BYTES = 4 * 1024**3  # addresses, not pages in use: those stay under half a gigabyte
PROCESSOR_SECONDS = 90
MAX_PIXELS = 40_000_000
LONGEST_SIDE = 2600
LARGEST_AREA = 3_000_000
PDF = "application/pdf"
PDF_PAGES = 3
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
# A text layer with fewer letters is a stamp on a scan.
_ENOUGH_LETTERS = 25
# Upright text is read surer than this; what is not is turned and tried again.
_UPRIGHT = 0.88
_THREADS = 1
_FORBIDDEN = frozenset(
    ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.exec",
     "os.posix_spawn", "os.system", "os.fork")
)  # fmt: skip

Box = tuple[str, list[list[float]], float]


class Unreadable(Exception):
    """The file cannot be read; the text is a code that the parent turns into a sentence."""


def main() -> int:
    _limit()
    content = sys.stdin.buffer.read(MAX_BYTES + 1)
    answer: dict[str, Any]
    try:
        if len(content) > MAX_BYTES:
            raise Unreadable("too_large")
        boxes = _of_pdf(content) if sys.argv[1] == PDF else _of_picture(content, sys.argv[1])
        answer = {"boxes": boxes}
    except Unreadable as refusal:
        answer = {"refusal": str(refusal)}
    except MemoryError:
        answer = {"refusal": "too_large"}
    json.dump(answer, sys.stdout)
    return 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _lock_in() -> None:
    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(f"{event} is not for the reader of receipts")

    sys.addaudithook(refuse)


def _of_picture(content: bytes, content_type: str) -> list[Box]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[content_type]]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Unreadable("too_large")
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture)
            return _of_points(_on_white(upright))
    except Image.DecompressionBombError as error:
        raise Unreadable("too_large") from error
    except (OSError, ValueError, SyntaxError, KeyError) as error:
        raise Unreadable("damaged") from error


def _on_white(picture: Any) -> Any:
    """The picture in colours without transparency, no larger than can be read in seconds."""
    from PIL import Image

    if "A" in picture.getbands() or "transparency" in picture.info:
        over = picture.convert("RGBA")
        picture = Image.new("RGB", over.size, "white")
        picture.paste(over, mask=over.getchannel("A"))
    picture = picture.convert("RGB")
    area = (LARGEST_AREA / (picture.width * picture.height)) ** 0.5
    scale = min(1.0, area, LONGEST_SIDE / max(picture.size))
    if scale < 1:
        size = (max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    return picture


def _of_pdf(content: bytes) -> list[Box]:
    """The text layer of the first pages; without one the first page as a picture."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
        if len(document) == 0:
            raise Unreadable("damaged")
        boxes = _text_layer(document)
        if sum(letter.isalnum() for text, _, _ in boxes for letter in text) >= _ENOUGH_LETTERS:
            return boxes
        page = document[0]
        scale = min(LONGEST_SIDE / max(page.get_size()), 4)
        picture = page.render(scale=scale, may_draw_forms=False).to_pil()
    except pypdfium2.PdfiumError as error:
        code = "encrypted" if "password" in str(error).lower() else "damaged"
        raise Unreadable(code) from error
    return _of_points(_on_white(picture))


def _text_layer(document: Any) -> list[Box]:
    boxes: list[Box] = []
    top = 0.0
    for number in range(min(len(document), PDF_PAGES)):
        page = document[number]
        height = page.get_height()
        layer = page.get_textpage()
        for place in range(layer.count_rects()):
            left, bottom, right, up = layer.get_rect(place)
            text = layer.get_text_bounded(left, bottom, right, up).strip()
            if text:
                above, below = top + height - up, top + height - bottom
                corners = [[left, above], [right, above], [right, below], [left, below]]
                boxes.append((" ".join(text.split()), corners, 0.99))
        top += height
    return boxes


def _of_points(picture: Any) -> list[Box]:
    """Read a picture, however it lies: text that is read badly is turned and read again."""
    import numpy
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "critical",
            "Global.max_side_len": LONGEST_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
        }
    )
    _lock_in()

    def read(one: Any) -> list[Box]:
        found = engine(numpy.asarray(one)[:, :, ::-1])
        if found.txts is None or found.boxes is None:
            return []
        return [
            (text, [[float(x), float(y)] for x, y in corners], float(score))
            for text, corners, score in zip(found.txts, found.boxes, found.scores, strict=True)
        ]

    boxes = read(picture)
    if not boxes:
        raise Unreadable("no_text")
    is_sideways = sum(_is_tall(box) for box in boxes) * 2 > len(boxes)
    if _sureness(boxes) >= _UPRIGHT:
        return [_stood_up(box, picture.width) for box in boxes] if is_sideways else boxes
    again = read(picture.rotate(270 if is_sideways else 180, expand=True))
    return max(boxes, again, key=_sureness)


def _sureness(boxes: list[Box]) -> float:
    """The mean over all letters: a turned page is read as a few sure scraps."""
    letters = sum(len(text) for text, _, _ in boxes)
    return sum(score * len(text) for text, _, score in boxes) / letters if letters else 0.0


def _is_tall(box: Box) -> bool:
    text, ((left, top), _, (right, bottom), _), _ = box
    return len(text) > 2 and bottom - top > 1.5 * (right - left)


def _stood_up(box: Box, width: int) -> Box:
    """A run on a page that lies on its right side, where it stands once the page is upright."""
    text, corners, score = box
    turned = [[y, width - x] for x, y in corners]
    return text, turned[1:] + turned[:1], score


if __name__ == "__main__":
    raise SystemExit(main())
