"""Copy the whole installation into a folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import backups


class Command(UncheckedCommand):
    help = "Copy database and documents into a new folder, with the figures that prove a restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder to make")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            at = clock.now()
            made = backups.back_up(folder=options["folder"], at=at)
            backups.record(made, at=at)
        except DomainError as error:
            raise CommandError(error.message) from None
        for name, figure in made.ledger.items():
            self.stdout.write(f"{name}: {figure}")
        self.stdout.write(
            f"{made.rows} rows of {len(made.tables)} tables and {made.documents} documents "
            f"copied to {options['folder']}."
        )
