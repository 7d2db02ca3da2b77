"""Run a job to its end here, or say which kinds there are."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from psa.core import clock, command
from psa.core.access import actors
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.jobs import registry, services
from psa.core.jobs.models import JobLogLine, JobRun
from psa.core.tenancy.scope import tenant_scope

_LOOK_AGAIN_SECONDS = 1.0


class Command(BaseCommand):
    help = "Run a job of a tenant to its end, whether or not a worker runs; --list names the kinds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="?", help="such as ledger.posting_run")
        parser.add_argument("--tenant", help="short name (slug) of the tenant")
        parser.add_argument("--user", help="e-mail of the member it acts for; else the operator")
        parser.add_argument("--arguments", default="{}", help="JSON, as the kind wants them")
        parser.add_argument("--key", help="the same key is the same run; else a new one each time")
        parser.add_argument("--list", action="store_true", help="name the kinds and end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for kind in registry.all_kinds():
                self.stdout.write(f"{kind.kind}\t{kind.title}")
            return
        if not options["kind"] or not options["tenant"]:
            raise CommandError("Name the kind and the tenant, or ask with --list.")
        tenant = command.tenant_called(options["tenant"])
        try:
            arguments = json.loads(options["arguments"])
        except ValueError as error:
            raise CommandError(f"--arguments is no JSON: {error}") from None
        if not isinstance(arguments, dict):
            raise CommandError('--arguments is an object, such as {"entity": "UK"}.')
        at = clock.now()
        try:
            with tenant_scope(tenant.pk):
                run = services.start(
                    kind=options["kind"],
                    key=options["key"] or f"command {at.isoformat()}",
                    title=registry.get(options["kind"]).title,
                    arguments=arguments,
                    actor=_actor(tenant.pk, options["user"]),
                    at=at,
                )
        except DomainError as error:
            raise CommandError(error.message) from None
        # A worker may be at some of its chunks: then wait for them.
        while (run := _worked(tenant.pk, run.pk)).state not in services.ENDED:
            time.sleep(_LOOK_AGAIN_SECONDS)
        self._tell(run, tenant.pk)

    def _tell(self, run: JobRun, tenant_id: int) -> None:
        with tenant_scope(tenant_id):
            for text in (
                JobLogLine.objects.filter(run=run).order_by("id").values_list("text", flat=True)
            ):
                self.stdout.write(text)
        if run.state != JobRun.State.DONE:
            raise CommandError(run.error or f"The job ended as {run.get_state_display().lower()}.")
        self.stdout.write(run.message or "Done.")


def _worked(tenant_id: int, run_id: int) -> JobRun:
    try:
        return services.run_to_end(tenant_id=tenant_id, run_id=run_id, at=clock.now())
    except DomainError as error:
        raise CommandError(error.message) from None


def _actor(tenant_id: int, email: str | None) -> Actor:
    if not email:
        return actors.for_operator(tenant_id)
    member = Membership.objects.filter(email__iexact=email, is_active=True).first()
    if member is None:
        raise CommandError(f"No active member has the address {email}.")
    return actors.for_membership(member, via="job")
