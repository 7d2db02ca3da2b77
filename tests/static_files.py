"""The static files, looked for once a process: each browser of a test has middleware of its own."""

from typing import Any, ClassVar

from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFilesOnce(WhiteNoiseMiddleware):
    """WhiteNoise, that would look through them all again for every `Client()`."""

    _found: ClassVar[dict[str, Any]] = {}

    def add_files_from_finders(self) -> None:
        if not self._found:
            super().add_files_from_finders()
            self._found.update(self.files)
        self.files.update(self._found)
