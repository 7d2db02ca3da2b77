"""Bring a tenant back from its archive."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import restoring


class Command(UncheckedCommand):
    help = (
        "Restore a tenant from an archive that export_tenant wrote, prove it equal by hashes and "
        "totals, and leave it suspended until resume_tenant."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("archive", type=Path)
        parser.add_argument("--slug", help="another short name than the archived one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant, manifest = restoring.restore_tenant(
                path=options["archive"], slug=options["slug"], at=clock.now()
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        for name, figure in manifest.figures.items():
            self.stdout.write(f"{name}: {figure}")
        self.stdout.write(
            f"{manifest.rows} rows and {len(manifest.documents)} documents restored as "
            f"“{tenant.slug}”, equal to the archive. "
            f"It is suspended: manage.py resume_tenant --tenant {tenant.slug} opens it."
        )
