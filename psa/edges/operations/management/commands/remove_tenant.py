"""Remove a tenant whose grace period is over."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import tenants


class Command(UncheckedCommand):
    help = "Remove every row and document of a tenant whose removal is due. This can not be undone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = tenants.remove_tenant(slug=options["tenant"], at=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{sum(counts.values())} rows of {len(counts)} tables are gone.")
