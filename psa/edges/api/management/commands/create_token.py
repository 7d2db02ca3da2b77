"""manage.py create_token: a personal API token, printed alone on the last line."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import command
from psa.core.access import actors
from psa.core.access.models import Membership
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.tenancy.scope import tenant_scope
from psa.edges.api.services import tokens


class Command(UncheckedCommand):
    help = "Make an API token of a member; it is printed once, alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True)
        parser.add_argument("--user", required=True, help="the member's e-mail address")
        parser.add_argument("--scope", action="append", help="repeatable; “write” by default")
        parser.add_argument("--days", type=int, default=90)
        parser.add_argument("--name", default="Command line")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        with tenant_scope(tenant.pk):
            email = options["user"].strip().lower()
            member = Membership.objects.filter(email=email, is_active=True).first()
            if member is None:
                raise CommandError(f"{email} is no active member of {tenant.name}.")
            try:
                made = tokens.create_personal_token(
                    name=options["name"],
                    scopes=options["scope"] or ["write"],
                    days=options["days"],
                    actor=actors.for_membership(member, via="job"),
                    at=datetime.now(tz=UTC),
                )
            except DomainError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(made.text)
