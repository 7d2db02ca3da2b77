"""Tenants as units: suspended, resumed, and removed when their grace period is over."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models, transaction

from psa.core.access import actors
from psa.core.access.models import Membership, User
from psa.core.audit import services as audit
from psa.core.documents import stored
from psa.core.errors import DomainError, NotFound
from psa.core.tenancy.models import Tenant, TenantModel
from psa.core.tenancy.scope import set_local, tenant_scope
from psa.edges.operations.tenant_tables import tenant_models

GRACE_DAYS = 30


class NotDue(DomainError):
    """A removal was asked for before its day, or never."""


def suspend_tenant(*, slug: str, reason: str, at: datetime) -> Tenant:
    """Close the firm to its members; waiting jobs wait, nothing is lost. Again: a new reason.

    Raises  NotFound.
    """
    with transaction.atomic():
        tenant = _locked(slug)
        tenant.status = Tenant.Status.SUSPENDED
        tenant.suspended_reason = reason.strip()
        tenant.save(update_fields=["status", "suspended_reason"])
        words = f"Suspended the firm. {tenant.suspended_reason}".strip()
        _record(tenant, at, "operations.tenant_suspended", words)
    return tenant


def resume_tenant(*, slug: str, at: datetime) -> Tenant:
    """Open a suspended firm to its members again; a removal that was asked for is taken back.

    Raises  NotFound; DomainError if it is not suspended.
    """
    with transaction.atomic():
        tenant = _locked(slug)
        if tenant.status != Tenant.Status.SUSPENDED:
            raise DomainError(f"{tenant.name} is not suspended.")
        tenant.status = Tenant.Status.ACTIVE
        tenant.suspended_reason = ""
        tenant.removal_due_at = None
        tenant.save(update_fields=["status", "suspended_reason", "removal_due_at"])
        _record(tenant, at, "operations.tenant_resumed", "Opened the firm again.")
    return tenant


def request_removal(*, slug: str, at: datetime) -> Tenant:
    """Suspend the firm and let its grace period of 30 days run; asked again, the day stays.

    Raises  NotFound.
    """
    with transaction.atomic():
        tenant = _locked(slug)
        if tenant.removal_due_at is None:
            tenant.status = Tenant.Status.SUSPENDED
            tenant.removal_due_at = at + timedelta(days=GRACE_DAYS)
            tenant.save(update_fields=["status", "removal_due_at"])
            _record(
                tenant,
                at,
                "operations.tenant_removal_requested",
                f"Asked for the firm's removal on {tenant.removal_due_at:%Y-%m-%d}.",
            )
    return tenant


def remove_tenant(*, slug: str, at: datetime) -> dict[str, int]:
    """Remove a firm whose removal is due: every row, every document, accounts left without a firm.

    Answers how many rows of which table went. The database does it whole or not at all, refuses
    before the day, and keeps that it was done (TenantRemoval). Needs the tables' owner.
    Raises  NotFound, NotDue.
    """
    with transaction.atomic():
        tenant = _locked(slug)
        if tenant.removal_due_at is None:
            raise NotDue(
                f"Nobody asked for the removal of {tenant.name}: run delete_tenant first. "
                f"It can be removed {GRACE_DAYS} days later."
            )
        if tenant.removal_due_at > at:
            raise NotDue(
                f"{tenant.name} can be removed from {tenant.removal_due_at:%d %B %Y} on; until "
                "then resume_tenant takes it back."
            )
        with tenant_scope(tenant.pk):
            people = set(Membership.objects.exclude(user=None).values_list("user_id", flat=True))
        counts = _remove_rows(tenant.pk)
        _remove_accounts_without_firm(people)
        transaction.on_commit(lambda: remove_files(tenant.pk))
    return counts


def _locked(slug: str) -> Tenant:
    tenant = Tenant.objects.select_for_update().filter(slug=slug).first()
    if tenant is None:
        raise NotFound(f"There is no tenant “{slug}”.")
    return tenant


def _record(tenant: Tenant, at: datetime, event: str, sentence: str) -> None:
    with tenant_scope(tenant.pk):
        audit.record(
            actor=actors.for_operator(tenant.pk),
            at=at,
            event=event,
            record_type="tenancy.Tenant",
            record_id=tenant.pk,
            sentence=sentence,
        )


def _remove_rows(tenant_id: int) -> dict[str, int]:
    owned = [model._meta.db_table for model in reversed(tenant_models())]
    with connection.cursor() as cursor:
        # Rows that name each other, such as a project and its own calendar, go before any check.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT psa_remove_tenant(%s, %s)", [tenant_id, [*_global_tables(), *owned]])
        counts: dict[str, int] = json.loads(cursor.fetchone()[0])
    return counts


def _global_tables() -> Iterable[str]:
    """Tables outside the tenant's own that name it, such as the dispatcher's tickets."""
    for model in apps.get_models():
        if not issubclass(model, TenantModel) and any(
            isinstance(field, models.ForeignKey) and field.related_model is Tenant
            for field in model._meta.local_fields
        ):
            yield model._meta.db_table


def _remove_accounts_without_firm(user_ids: set[int]) -> None:
    for user_id in sorted(user_ids):
        before = set_local("psa.user_id", str(user_id))
        if not Membership.all_tenants.filter(user_id=user_id).exists():
            User.objects.filter(pk=user_id, operator=None).delete()
        set_local("psa.user_id", before)


def remove_files(tenant_id: int) -> None:
    """Delete everything that is stored below the firm's number; what is gone already is no error."""
    for path in list(stored.paths_of(tenant_id)):
        default_storage.delete(path)
