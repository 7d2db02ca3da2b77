"""The door to a tenant's rows: one transaction, one tenant."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction
from django_scopes import scope

SETTING = "psa.tenant_id"
current: ContextVar[int | None] = ContextVar("psa_tenant", default=None)


class WrongTenantScope(RuntimeError):
    """A scope was opened inside another tenant's: a programming error, never a user's."""


def current_tenant_id() -> int | None:
    """The tenant whose scope is open here, or None."""
    return current.get()


def set_local(name: str, value: str) -> str:
    """Set a parameter for the rest of this transaction; returns what it was."""
    with connection.cursor() as cursor:
        # The former value first: a materialised part is read before what stands outside it.
        cursor.execute(
            "WITH former AS MATERIALIZED (SELECT COALESCE(current_setting(%s, true), '') AS value) "
            "SELECT former.value, set_config(%s, %s, true) FROM former",
            [name, name, value],
        )
        before: str = cursor.fetchone()[0]
    return before


def _open(tenant_id: int) -> str:
    """At the start of a transaction: there is nothing to go back to."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, str(tenant_id)])
    return ""


def close_inside(before: str) -> None:
    """At the end of a scope inside a transaction that goes on: give the former tenant back.

    Deferred triggers must see the tenant's rows: they run before the tenant goes. At an outermost
    scope they run at commit, with the setting still in place.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; "
            "SELECT set_config(%s, %s, true)",
            [SETTING, before],
        )


@contextmanager
def tenant_scope(tenant_id: int) -> Iterator[None]:
    """Open a transaction in which only this tenant's rows exist.

    The setting is transaction-local, so a pooled connection can't carry it over. On exit the former
    value is restored, because releasing a savepoint keeps a setting made inside it.

    Raises  WrongTenantScope inside another tenant's scope.
    """
    open_tenant = current.get()
    if open_tenant is not None and open_tenant != tenant_id:
        raise WrongTenantScope(f"scope of tenant {tenant_id} inside that of tenant {open_tenant}")
    if open_tenant == tenant_id and connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    token = current.set(tenant_id)
    inside_transaction = connection.in_atomic_block
    try:
        with transaction.atomic(), scope(tenant=tenant_id):
            before = (
                _open(tenant_id) if not inside_transaction else set_local(SETTING, str(tenant_id))
            )
            yield
            if inside_transaction:
                close_inside(before)
    finally:
        current.reset(token)


@contextmanager
def glance_into(tenant_id: int) -> Iterator[None]:
    """Another tenant's rows for a moment inside an open scope, to read alone (docs/adr/0092).

    For what a person chose for themselves in another firm of theirs. The database refuses to write
    meanwhile, and takes the setting back itself: all that was done inside is rolled back.
    """
    token = current.set(tenant_id)
    try:
        with transaction.atomic(), scope(tenant=tenant_id):
            set_local("transaction_read_only", "on")
            set_local(SETTING, str(tenant_id))
            yield
            transaction.set_rollback(True)
    finally:
        current.reset(token)
