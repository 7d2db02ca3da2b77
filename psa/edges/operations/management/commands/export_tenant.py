"""Write everything a tenant owns into one archive."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import exporting


class Command(UncheckedCommand):
    help = "Write all rows and documents of a tenant, of one moment, into an archive (zip)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--output", required=True, type=Path, help="the archive to write")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["output"]
        if path.exists():
            raise CommandError(f"“{path}” exists already; name another file.")
        try:
            manifest = exporting.export_tenant(slug=options["tenant"], path=path, at=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        for name, figure in manifest.figures.items():
            self.stdout.write(f"{name}: {figure}")
        self.stdout.write(
            f"{manifest.rows} rows of {len(manifest.tables)} tables and "
            f"{len(manifest.documents)} documents written to {path}."
        )
