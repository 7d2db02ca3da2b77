"""Open a suspended tenant again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import tenants


class Command(UncheckedCommand):
    help = "Open a suspended tenant to its members; a removal that was asked for is taken back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = tenants.resume_tenant(slug=options["tenant"], at=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{tenant.name} is open.")
