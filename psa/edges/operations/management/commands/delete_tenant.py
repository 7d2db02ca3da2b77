"""Ask for the removal of a tenant."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core import clock
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.edges.operations.services import tenants


class Command(UncheckedCommand):
    help = (
        "Suspend a tenant and let its grace period of 30 days run; then remove_tenant removes it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tenant = tenants.request_removal(slug=options["tenant"], at=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(
            f"{tenant.name} is suspended and can be removed from {tenant.removal_due_at:%Y-%m-%d} "
            f"on: manage.py remove_tenant --tenant {tenant.slug}. "
            "resume_tenant takes it back until then."
        )
