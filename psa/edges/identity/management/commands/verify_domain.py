"""Say that a domain of e-mail addresses is a tenant's own."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock, command
from psa.core.access import actors
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.identity.selectors import verified_domains
from psa.edges.identity.services import providers


class Command(UncheckedCommand):
    help = (
        "Let a tenant's identity providers speak for the e-mail addresses of a domain. Check first "
        "that the domain is theirs: by a DNS record, or by a letter on paper. --forget takes it "
        "back; --list shows what is verified."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("domain", nargs="?", default="")
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--forget", action="store_true")
        parser.add_argument("--list", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        if not options["list"] and not options["domain"]:
            raise CommandError("Name the domain, such as acme.com.")
        with tenant_scope(tenant.pk):
            try:
                self._do(tenant, options)
            except DomainError as error:
                raise CommandError(error.message) from None

    def _do(self, tenant: Tenant, options: dict[str, Any]) -> None:
        actor = actors.for_operator(tenant.pk)
        domain = options["domain"]
        if options["list"]:
            self.stdout.write("\n".join(verified_domains()) or "None.")
        elif options["forget"]:
            providers.forget_domain(tenant=tenant, domain=domain, actor=actor, at=clock.now())
            self.stdout.write(f"{domain} is no longer verified for {tenant.name}.")
        else:
            providers.verify_domain(tenant=tenant, domain=domain, actor=actor, at=clock.now())
            self.stdout.write(f"{domain} is verified for {tenant.name}.")
