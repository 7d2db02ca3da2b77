"""Tenants, and the base of everything a tenant owns."""

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.signals import class_prepared

from .constraints import AppendOnly, TenantReference, TenantRLS
from .fields import TenantForeignKey
from .managers import TenantManager

__all__ = ["Tenant", "TenantFact", "TenantForeignKey", "TenantModel"]


class Tenant(models.Model):
    """A firm that runs on this system. Global: readable before a scope exists."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"

    slug = models.CharField(
        max_length=40,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z][a-z0-9-]{1,39}$", "Use small letters, digits, dashes.")
        ],
    )
    name = models.CharField(max_length=120)
    accent = models.CharField(max_length=12, default="blue")
    locale = models.CharField(max_length=12, default="en-gb")
    currency = models.CharField(max_length=3, default="GBP")
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    # Shown to its members while it is suspended.
    suspended_reason = models.CharField(max_length=200, blank=True, db_default="", default="")
    # Set when its removal was asked for; until then it can be taken back.
    removal_due_at = models.DateTimeField(null=True, blank=True)
    # How its members prove who they are, and whether duties must lie with different people. Here,
    # because a session is checked before the tenant's scope exists.
    sso_required = models.BooleanField(default=False, db_default=False)
    second_factor_required = models.BooleanField(default=False, db_default=False)
    duties_apart = models.BooleanField(default=True, db_default=True)
    # How long a session opens the tenant: without anything asked of it, and since its last proof.
    session_idle_minutes = models.PositiveSmallIntegerField(default=60, db_default=60)
    session_hours = models.PositiveSmallIntegerField(default=12, db_default=12)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def is_leaving_sample(self) -> bool:
        """Whether it is a sample firm that somebody asked to be rid of."""
        return self.is_demo and self.removal_due_at is not None


class TenantRemoval(models.Model):
    """That a tenant was removed, and how many rows of each table with it; written by the database.

    Global, as nothing of the tenant is left to own it.
    """

    slug = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    removed_at = models.DateTimeField()
    removed_by = models.CharField(max_length=63)
    row_counts = models.JSONField()

    class Meta:
        constraints = [AppendOnly(name="tenant_removal_append_only")]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"


class TenantModel(models.Model):
    """Base of every tenant-owned table: scoped manager, row-level security, composite references."""

    tenant = models.ForeignKey(Tenant, models.PROTECT, db_index=False, related_name="+")

    objects: ClassVar[TenantManager[Any]] = TenantManager()
    # The escape hatch: greppable, and allow-listed by tests/architecture. Row security still holds.
    all_tenants: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True


class TenantFact(TenantModel):
    """Base of tables that take rows by the hundred thousand.

    Each has a composite reference that is never empty, and through it the database proves the
    tenant; a key on the tenant alone would prove it again for every row, and lock its row each time.
    """

    tenant = models.ForeignKey(
        Tenant, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )

    class Meta:
        abstract = True


def _short(name: str) -> str:
    return (
        name if len(name) <= 60 else name[:51] + "_" + format(abs(hash_text(name)) % 16**8, "08x")
    )


def hash_text(text: str) -> int:
    """A stable hash, the same in every process (constraint names must not change between runs)."""
    value = 0
    for character in text:
        value = (value * 1_000_003 + ord(character)) % 2**61
    return value


def contribute_tenant_rules(sender: type[models.Model], **_: Any) -> None:
    """Give each tenant-owned model its row security, its (tenant, id) key and its references.

    The one use of a signal in the code base: Django offers no other hook that runs once a model
    class is complete, and these are declarations, not business effects.
    """
    meta = sender._meta
    if meta.abstract or meta.proxy or not issubclass(sender, TenantModel):
        return
    table = meta.db_table
    rules: list[models.BaseConstraint] = list(meta.constraints)
    if not any(isinstance(rule, TenantRLS) for rule in rules):
        rules.append(TenantRLS(name=_short(f"{table}_tenant_rls")))
    rules.append(
        models.UniqueConstraint(fields=["tenant", "id"], name=_short(f"{table}_tenant_id"))
    )
    for field in meta.local_fields:
        if isinstance(field, TenantForeignKey):
            rules.append(
                TenantReference(name=_short(f"{table}_{field.column}_ref"), field=field.name)
            )
    meta.constraints = rules
    meta.original_attrs["constraints"] = rules


class_prepared.connect(contribute_tenant_rules)
