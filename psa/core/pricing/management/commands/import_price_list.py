"""Import a rate card as a draft price list of one tenant."""

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from psa.core import clock, command
from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.command import UncheckedCommand
from psa.core.errors import DomainError
from psa.core.pricing import owners
from psa.core.pricing.services import imports, lists
from psa.core.tenancy.scope import tenant_scope


class Command(UncheckedCommand):
    help = (
        "Read a CSV rate card into a draft price list: all rows or none, unless --skip-bad. "
        "--dry-run shows what would happen and writes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="short name (slug) of the tenant")
        parser.add_argument("--file", required=True, type=Path)
        parser.add_argument("--name", required=True, help="name of the new price list")
        parser.add_argument(
            "--context", default="sales", choices=["cost", "sales", "purchase", "transfer"]
        )
        parser.add_argument("--currency", required=True)
        parser.add_argument("--valid-from", required=True, metavar="DATE", type=_day)
        parser.add_argument("--valid-until", metavar="DATE", type=_day, help="exclusive")
        parser.add_argument("--unit", default="hour", choices=["hour", "day"])
        parser.add_argument("--hours-per-day", default=Decimal(8), type=_decimal)
        parser.add_argument(
            "--owner", default=owners.TENANT, metavar="KIND:ID", help="such as unit:3 or account:7"
        )
        parser.add_argument(
            "--mapping",
            action="append",
            default=[],
            metavar="TARGET=COLUMN",
            help='what a column is, such as --mapping "role=Staff grade"; may be repeated',
        )
        parser.add_argument("--create-roles", action="store_true", help="make missing roles")
        parser.add_argument("--skip-bad", action="store_true", help="leave out rows with errors")
        parser.add_argument("--activate", action="store_true", help="make the list effective")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = command.tenant_called(options["tenant"])
        try:
            content = options["file"].read_bytes()
            options["content"] = imports.card_text(content, options["file"].name)
        except (OSError, DomainError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        options["mapping"] = _mapping(options["mapping"])
        with tenant_scope(tenant.pk):
            actor = actors.for_operator(tenant.pk)
            try:
                if options["dry_run"]:
                    self._show(options, actor)
                else:
                    self._import(options, actor)
            except DomainError as error:
                raise CommandError(error.message) from None

    def _show(self, options: dict[str, Any], actor: Actor) -> None:
        preview = imports.preview_import(
            content=options["content"],
            currency=options["currency"].upper(),
            time_unit=options["unit"],
            mapping=options["mapping"],
            create_roles=options["create_roles"],
            actor=actor,
        )
        for target, column in preview.card.columns.items():
            self.stdout.write(f"Column {target}: {column}")
        for note in preview.card.notes:
            self.stdout.write(note)
        for row, line in preview.lines:
            self.stdout.write(
                f"Row {row.row}: {row.role or 'any role'}, {line.value} per {line.unit}"
            )
        for role in preview.new_roles:
            self.stdout.write(f"New role: {role}")
        for bad in preview.errors:
            self.stderr.write(f"Row {bad.row}: {bad.reason}")
        self.stdout.write(
            f"{len(preview.lines)} lines, {len(preview.new_roles)} new roles, "
            f"{len(preview.errors)} rows with errors. Nothing was written."
        )

    def _import(self, options: dict[str, Any], actor: Actor) -> None:
        kind, _, owner_id = options["owner"].partition(":")
        if owner_id and not owner_id.isdigit():
            raise CommandError(f"“{options['owner']}” is not an owner such as unit:3.")
        at = clock.now()
        done = imports.import_list(
            content=options["content"],
            name=options["name"],
            context=options["context"],
            currency=options["currency"].upper(),
            valid_from=options["valid_from"],
            valid_until=options["valid_until"],
            time_unit=options["unit"],
            hours_per_day=options["hours_per_day"],
            owner_kind=kind,
            owner_id=int(owner_id or 0),
            mapping=options["mapping"],
            create_roles=options["create_roles"],
            skip_bad=options["skip_bad"],
            actor=actor,
            at=at,
        )
        if options["activate"]:
            lists.activate_list(list_id=done.price_list.pk, actor=actor, at=at)
        for bad in done.skipped:
            self.stderr.write(f"Left out row {bad.row}: {bad.reason}")
        state = "active" if options["activate"] else "a draft"
        self.stdout.write(
            f"“{done.price_list.name}” is {state} with {done.line_count} lines; "
            f"{len(done.created_roles)} roles created, {len(done.skipped)} rows left out."
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"“{text}” is not a date such as 2026-12-31.") from None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CommandError(f"“{text}” is not a number.") from None


def _mapping(pairs: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        target, equals, column = pair.partition("=")
        if not equals or not target.strip() or not column.strip():
            raise CommandError(f"“{pair}” is not a mapping such as role=Staff grade.")
        mapping[target.strip()] = column.strip()
    return mapping
