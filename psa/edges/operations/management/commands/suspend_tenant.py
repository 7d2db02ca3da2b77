"""Close a tenant to its members."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import tenants


class Command(UncheckedCommand):
    help = "Close a tenant to its members; its jobs wait, and nothing is lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--reason", default="", help="a sentence its members are shown")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = tenants.suspend_tenant(
                slug=options["tenant"], reason=options["reason"], at=clock.now()
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"{tenant.name} is suspended.")
