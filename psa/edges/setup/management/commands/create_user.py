"""Create a user of a tenant."""

import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import validate_email

from psa.core import clock, command
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.access.models import User
from psa.core.audit import services as audit
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.org import selectors as org
from psa.core.tenancy.scope import tenant_scope


class Command(UncheckedCommand):
    help = (
        "Make a person a member of a tenant. The password is read from standard input with "
        "--password-stdin; otherwise one is made and printed once. Somebody who has a password "
        "keeps it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--role", action="append", required=True, help="code of a role; may be repeated"
        )
        parser.add_argument("--password-stdin", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        email = options["email"].strip().lower()
        is_known = User.objects.filter(email=email).exists()
        given = sys.stdin.readline().rstrip("\n") if options["password_stdin"] else ""
        password = None if is_known else given or secrets.token_urlsafe(15)
        try:
            validate_email(email)
            if password is not None:
                validate_password(password, User(email=email))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with tenant_scope(tenant.pk):
            try:
                member = access.add_member(
                    tenant=tenant,
                    email=email,
                    name=options["name"],
                    role_codes=options["role"],
                    password=password,
                    time_zone=org.home_time_zone(),
                )
            except DomainError as error:
                raise CommandError(error.message) from None
            audit.record(
                actor=actors.for_operator(tenant.pk),
                at=clock.now(),
                event="access.member_added",
                record_type="access.Membership",
                record_id=member.pk,
                sentence=f"Added {member.name} with the roles {', '.join(options['role'])}.",
            )
        self.stdout.write(f"{email} may sign in at /{tenant.slug}/.")
        if password is not None and not given:
            self.stdout.write(f"Password: {password}")
