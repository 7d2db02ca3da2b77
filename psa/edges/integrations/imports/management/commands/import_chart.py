"""Import a chart of accounts for one tenant."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock, command
from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.jobs import services as jobs
from psa.core.tenancy.scope import tenant_scope
from psa.edges.integrations.imports import selectors
from psa.edges.integrations.imports.models import ImportRow, ImportRun
from psa.edges.integrations.imports.services import running, staging


class Command(UncheckedCommand):
    help = (
        "Add the accounts in a CSV or XLSX file to the chart, all rows or none unless --skip-bad. "
        "Accounts that are there stay as they are, unless --change."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument(
            "--change", action="store_true", help="change the accounts that are there already"
        )
        parser.add_argument("--skip-bad", action="store_true", help="leave out rows with errors")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        content = command.content_of(options["file"])
        actor = actors.for_operator(tenant.pk)
        try:
            run = self._checked(actor, options["file"].name, content, options["change"])
            with tenant_scope(tenant.pk):
                rows = ImportRow.objects.filter(run_id=run.pk)
                is_news = rows.exclude(state=ImportRow.State.KNOWN).exists()
                if options["dry_run"] or not is_news:
                    staging.discard_run(run_id=run.pk, actor=actor, at=clock.now())
                    self.stdout.write(
                        "Nothing was written." if is_news else "All is there already."
                    )
                    return
                started = running.start_apply(
                    run_id=run.pk, skips_bad_rows=options["skip_bad"], actor=actor, at=clock.now()
                )
            assert started.job_run_id is not None  # start_apply queues a job
            jobs.run_to_end(tenant_id=tenant.pk, run_id=started.job_run_id, at=clock.now())
            with tenant_scope(tenant.pk):
                done = selectors.get_run(actor=actor, run_id=run.pk)
            self.stdout.write(f"Import {done.pk}: {done.summary}")
            if done.state != ImportRun.State.DONE:
                raise CommandError(done.summary)
        except DomainError as error:
            raise CommandError(error.message) from None

    def _checked(self, actor: Actor, filename: str, content: bytes, changes: bool) -> ImportRun:
        at = clock.now()
        with tenant_scope(actor.tenant_id):
            staged = staging.stage_file(
                kind_code="chart", filename=filename, content=content, actor=actor, at=at
            )
            run = running.map_and_check(
                run_id=staged.pk,
                mapping=staged.mapping,
                options={**staged.options, "changes_accounts": changes},
                lock_version=staged.lock_version,
                actor=actor,
                at=at,
            )
        if run.job_run_id is not None:
            jobs.run_to_end(tenant_id=actor.tenant_id, run_id=run.job_run_id, at=at)
        with tenant_scope(actor.tenant_id):
            run = selectors.get_run(actor=actor, run_id=run.pk)
            for target, place in run.mapping.items():
                self.stdout.write(f"Column {target}: {run.header[place]}")
            bad = ImportRow.objects.filter(run=run, state=ImportRow.State.BAD).order_by("number")
            for number, sentence in bad.values_list("number", "sentence"):
                self.stderr.write(f"Row {number}: {sentence}")
            self.stdout.write(f"{run.row_count} rows: {run.summary}")
        return run
