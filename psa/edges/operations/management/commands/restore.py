"""Bring a backup back."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import backups


class Command(UncheckedCommand):
    help = "Restore a folder that backup made into an empty database, and prove it equal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = backups.restore(folder=options["folder"])
        except DomainError as error:
            raise CommandError(error.message) from None
        for name, figure in made.ledger.items():
            self.stdout.write(f"{name}: {figure}")
        self.stdout.write(
            f"{made.rows} rows of {len(made.tables)} tables and {made.documents} documents of "
            f"{made.made_at} restored, equal to the backup."
        )
