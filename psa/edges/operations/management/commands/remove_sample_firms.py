"""Remove the sample firms whose administrators asked for it."""

from datetime import UTC, datetime
from typing import Any

from psa.core.command import UncheckedCommand
from psa.edges.operations.services import samples


class Command(UncheckedCommand):
    help = (
        "Remove every sample firm that was marked for removal on its page. Other firms are never "
        "touched; nothing marked, nothing done."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, rows in samples.remove_marked(now=datetime.now(tz=UTC)):
            self.stdout.write(f"{name} is removed: {rows} rows.")
