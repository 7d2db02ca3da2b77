"""The static files, looked for once a process: each browser of a test has middleware of its own."""

from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFilesOnce(WhiteNoiseMiddleware):
    """WhiteNoise, that would look through them all again for every `Client()`."""

    _found: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Nothing is collected for tests; without the folder each middleware would warn of it.
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        super().__init__(*args, **kwargs)

    def add_files_from_finders(self) -> None:
        if not self._found:
            super().add_files_from_finders()
            self._found.update(self.files)
        self.files.update(self._found)
