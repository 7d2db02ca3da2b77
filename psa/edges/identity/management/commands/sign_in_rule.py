"""Change how a tenant's members must sign in, when nobody of theirs can any more."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock, command
from psa.core.access import actors
from psa.core.access.sign_in import Met
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.tenancy.scope import tenant_scope
from psa.edges.identity.services import providers


class Command(UncheckedCommand):
    help = (
        "Show or change a tenant's sign-in rules from outside, such as when its identity provider "
        "is gone and single sign-on is required."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        for name in providers.RULES:
            parser.add_argument(f"--{name.replace('_', '-')}", choices=["yes", "no"])

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        values = {
            name: getattr(tenant, name) if options[name] is None else options[name] == "yes"
            for name in providers.RULES
        }
        with tenant_scope(tenant.pk):
            try:
                providers.change_rules(
                    values=values,
                    met=Met(own=True, provider=True, second_factor=True),
                    actor=actors.for_operator(tenant.pk),
                    at=clock.now(),
                )
            except DomainError as error:
                raise CommandError(error.message) from None
        for name, value in values.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {'yes' if value else 'no'}")
