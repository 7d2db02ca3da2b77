"""Let a database role read one tenant's figures."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.tenancy.models import Tenant
from psa.edges.operations.services import reporting


class Command(UncheckedCommand):
    help = (
        "Let a read-only database role read one tenant's figures, bound to it by row security. "
        "The database's administrator makes the role; --forget takes the rights back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="such as psa_report_acme")
        parser.add_argument("--tenant", default="", help="short name (slug) of the tenant")
        parser.add_argument("--forget", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        role = options["role"]
        try:
            if options["forget"]:
                count = reporting.release_role(role=role)
                self.stdout.write(f"{role} reads nothing any more; it read {count} tables.")
                return
            count = reporting.bind_role(role=role, slug=options["tenant"])
        except DomainError as error:
            raise CommandError(error.message) from None
        tenant_id = Tenant.objects.values_list("pk", flat=True).get(slug=options["tenant"])
        self.stdout.write(f"{role} reads {count} tables of {options['tenant']}.")
        self.stdout.write(
            "As the database's administrator, once: "
            f"ALTER ROLE {role} SET psa.tenant_id = '{tenant_id}'; "
            f"ALTER ROLE {role} SET default_transaction_read_only = on; "
            f"ALTER ROLE {role} SET statement_timeout = '5min';"
        )
