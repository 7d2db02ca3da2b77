"""Files to upload: good ones and hostile ones, made here."""

import gzip
import io
import struct
import zipfile
import zlib

from PIL import Image

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SECRET = b"49.2827 N, 123.1207 W"


def picture(kind: str = "PNG", size: tuple[int, int] = (20, 10), mode: str = "RGB") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 120 if mode in {"L", "P"} else None).save(target, kind)
    return target.getvalue()


def jpeg_with_place() -> bytes:
    """A photo lying on its side, which tells where it was taken and hides a web page at its end."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = 6
    target = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(target, "JPEG", exif=exif, comment=SECRET)
    return target.getvalue() + HTML


def bomb() -> bytes:
    """A PNG of a few hundred bytes that unfolds into 100,000 by 100,000 points."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        file.writestr("receipt.txt", "x" * 1000)
    return target.getvalue()


def gzipped() -> bytes:
    return gzip.compress(bytes(1000), mtime=0)  # the same name of the test in every process


MARK = b"alert('polyglot')"
PAGE = b"<html><script>" + MARK + b"</script></html>"


def polyglots() -> dict[str, bytes]:
    """Files that are two things at once; one of the two is always `MARK`."""
    drawn = picture(size=(8, 8))
    text = b"Comment\x00" + PAGE
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text
    chunk += struct.pack(">I", zlib.crc32(b"tEXt" + text))
    archive_of_page = io.BytesIO()
    with zipfile.ZipFile(archive_of_page, "w") as file:
        file.writestr("index.html", PAGE)
    jpeg = io.BytesIO()
    Image.new("RGB", (8, 8)).save(jpeg, "JPEG", comment=b"*/=1;" + MARK + b"/*")
    return {
        "gif-and-script.gif": b"GIF89a/*" + bytes(6) + b"*/=1;" + MARK + b"//;",
        "gif-called-png.png": b"GIF89a/*" + bytes(6) + b"*/=1;" + MARK + b"//;",
        "pdf-and-page.pdf": b"%PDF-1.7\n" + PAGE + PDF[9:],
        "page-before-pdf.pdf": PAGE + PDF,
        "pdf-and-archive.pdf": PDF + archive_of_page.getvalue(),
        "png-and-archive.png": drawn + archive_of_page.getvalue() + MARK,
        "png-with-page-in-text.png": drawn[:33] + chunk + drawn[33:],
        "jpeg-and-script.jpg": jpeg.getvalue(),
        "webp-and-page.webp": picture("WEBP") + PAGE,
        "drawing-called-png.png": b"<svg xmlns='http://www.w3.org/2000/svg'><script>"
        + MARK
        + b"</script></svg>",
        "bmp-and-script.png": b"BM=1;/*" + bytes(60) + b"*/" + MARK,
    }
