"""Receiving a file: what is over the limit is let pass by without being kept anywhere."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

from .services import MAX_BYTES


class SizeLimit(FileUploadHandler):
    """Stops writing a file to disk as soon as it is over the limit; ``refused`` keeps its name."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.refused = ""
        self._received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        if self._received > MAX_BYTES:
            self.refused = self.file_name or "The file"
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
