"""What our management commands have in common."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from psa.core.tenancy.models import Tenant


class UncheckedCommand(BaseCommand):
    """A command that begins its work at once, without Django's system checks.

    They load every page and every shape of the API, more than half of a command's start; `make
    check` and each deployment run them by `manage.py check`.
    """

    requires_system_checks: list[str] = []


def tenant_called(slug: str) -> Tenant:
    """The tenant of a short name. Raises  CommandError saying that there is none."""
    found = Tenant.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no tenant “{slug}”.")
    return found


def content_of(path: Path) -> bytes:
    """What a file holds. Raises  CommandError saying why it can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error}") from None
