"""Import time of one tenant from another tool's export."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock, command
from psa.core.access import actors
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.jobs import services as jobs
from psa.core.tenancy.scope import tenant_scope
from psa.edges.integrations.imports import kind_registry, selectors
from psa.edges.integrations.imports.models import ImportRow, ImportRun
from psa.edges.integrations.imports.rules import cells
from psa.edges.integrations.imports.services import running, staging

_SHOWN = 50


class Command(UncheckedCommand):
    help = (
        "Enter the time in a CSV or XLSX file as draft entries, all rows or none unless --skip-bad. "
        "The same lines are entered once, however often the file is imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        profiles = [profile.name for profile in kind_registry.get("time").profiles]
        parser.add_argument("--profile", default="", choices=["", *profiles])
        parser.add_argument("--date-order", choices=[cells.ISO, cells.DAY_FIRST, cells.MONTH_FIRST])
        parser.add_argument("--decimal", choices=[cells.AUTO, cells.POINT, cells.COMMA])
        parser.add_argument("--duration", choices=[cells.HOURS, cells.MINUTES, cells.SECONDS])
        parser.add_argument(
            "--hours-per-day", type=Decimal, help="what 1d stands for; 8 without it"
        )
        parser.add_argument(
            "--mapping",
            action="append",
            default=[],
            metavar="TARGET=COLUMN",
            help='what a column is, such as --mapping "person=Staff"; may be repeated',
        )
        parser.add_argument("--skip-bad", action="store_true", help="leave out rows with errors")
        parser.add_argument("--dry-run", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        content = command.content_of(options["file"])
        try:
            run = self._checked(tenant.pk, content, options)
            if options["dry_run"]:
                with tenant_scope(tenant.pk):
                    staging.discard_run(
                        run_id=run.pk, actor=actors.for_operator(tenant.pk), at=clock.now()
                    )
                self.stdout.write("Nothing was written.")
            else:
                self._import(tenant.pk, run, options["skip_bad"])
        except DomainError as error:
            raise CommandError(error.message) from None

    def _checked(self, tenant_id: int, content: bytes, options: dict[str, Any]) -> ImportRun:
        actor, at = actors.for_operator(tenant_id), clock.now()
        with tenant_scope(tenant_id):
            staged = staging.stage_file(
                kind_code="time",
                filename=options["file"].name,
                content=content,
                profile=options["profile"],
                actor=actor,
                at=at,
            )
            given = {
                name: options[name]
                for name in ("date_order", "decimal", "duration")
                if options[name]
            }
            if options["hours_per_day"]:
                given["hours_per_day"] = str(options["hours_per_day"])
            run = running.map_and_check(
                run_id=staged.pk,
                mapping={**staged.mapping, **_mapping(options["mapping"], staged.header)},
                options={**staged.options, **given},
                lock_version=staged.lock_version,
                actor=actor,
                at=at,
            )
        if run.job_run_id is not None:
            jobs.run_to_end(tenant_id=tenant_id, run_id=run.job_run_id, at=at)
        with tenant_scope(tenant_id):
            run = selectors.get_run(actor=actor, run_id=run.pk)
            for target, place in run.mapping.items():
                self.stdout.write(f"Column {target}: {run.header[place]}")
            for note in run.notes:
                self.stdout.write(note)
            bad = ImportRow.objects.filter(run=run, state=ImportRow.State.BAD).order_by("number")
            for number, sentence in bad.values_list("number", "sentence")[:_SHOWN]:
                self.stderr.write(f"Row {number}: {sentence}")
            self.stdout.write(f"{run.row_count} rows: {run.summary}")
        return run

    def _import(self, tenant_id: int, run: ImportRun, skips_bad_rows: bool) -> None:
        actor, at = actors.for_operator(tenant_id), clock.now()
        with tenant_scope(tenant_id):
            rows = ImportRow.objects.filter(run=run)
            if not rows.exclude(state=ImportRow.State.KNOWN).exists():
                staging.discard_run(run_id=run.pk, actor=actor, at=at)
                self.stdout.write("All of it was imported before; nothing changed.")
                return
            started = running.start_apply(
                run_id=run.pk, skips_bad_rows=skips_bad_rows, actor=actor, at=at
            )
        assert started.job_run_id is not None  # start_apply queues a job
        jobs.run_to_end(tenant_id=tenant_id, run_id=started.job_run_id, at=at)
        with tenant_scope(tenant_id):
            page = selectors.run_page(actor=actor, run_id=run.pk)
            for line in page.totals:
                before, after = line.before / 60, line.after / 60
                self.stdout.write(f"{line.group}: {before:.2f} h in the file, {after:.2f} h here")
            self.stdout.write(f"Import {page.run.pk}: {page.run.summary}")
            if page.run.state != ImportRun.State.DONE:
                raise CommandError(page.run.summary)


def _mapping(pairs: list[str], header: list[str]) -> dict[str, int]:
    mapping: dict[str, int] = {}
    for pair in pairs:
        target, equals, column = pair.partition("=")
        if not equals or column.strip() not in header:
            raise CommandError(
                f"“{pair}” names no column. Write TARGET=COLUMN; the columns are: "
                f"{', '.join(header)}."
            )
        mapping[target.strip()] = header.index(column.strip())
    return mapping
