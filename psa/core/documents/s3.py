"""Documents in an S3-compatible store: encrypted there, and given out by the application alone.

Loaded only where a bucket is chosen (backends.py): its libraries are an extra.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from psa.core.documents.stored import StoreAway

logger = logging.getLogger(__name__)
_IN_MEMORY: Final = 1024 * 1024
_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 20
_ATTEMPTS: Final = 2


class PrivateS3Storage(S3Storage):
    """No object has an address that somebody could pass on, and every failure is a StoreAway.

    An object is put whole or not at all, so that putting the same bytes twice at once does no harm.
    """

    def __init__(self, *, addressing_style: str, **settings: Any) -> None:
        super().__init__(
            **settings,
            default_acl=None,
            file_overwrite=True,
            querystring_auth=True,
            max_memory_size=_IN_MEMORY,
            # Threads of its own for each large file would outnumber the server's.
            transfer_config=TransferConfig(use_threads=False),
            client_config=Config(
                signature_version="s3v4",
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
                s3={"addressing_style": addressing_style},
                # Not every compatible store knows the newer sums; the document's hash is ours.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def url(self, *_: Any, **__: Any) -> NoReturn:
        """Documents are asked for at their page, where rights are checked."""
        raise NotImplementedError("Documents have no address in the store.")

    def _open(self, name: str, mode: str = "rb") -> Any:
        with _told():
            opened = super()._open(name, mode)
            if "r" in mode:
                opened.open()  # fetched here, where a failure can still be told
            return opened

    def _save(self, name: str, content: Any) -> str:
        with _told():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _told():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _told():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with _told():
            return int(super().size(name))

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _told():
            folders, files = super().listdir(name)
        return folders, files


@contextmanager
def _told() -> Iterator[None]:
    """What the store's libraries raise, as one kind of error that the services know."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        logger.error("the document store failed: %s", error)
        raise StoreAway from error
