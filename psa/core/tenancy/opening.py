"""The door to a firm by the name in its address: found and opened by one statement."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django_scopes import scope

from .models import Tenant
from .scope import SETTING, close_inside, current, current_tenant_id, tenant_scope

# The former value first, as in `scope.set_local`. A firm that does not exist opens as tenant 0.
_OPEN = """
WITH former AS MATERIALIZED (SELECT COALESCE(current_setting(%s, true), '') AS value)
SELECT former.value, set_config(%s, COALESCE(found.id, 0)::text, true), found.*
FROM former LEFT JOIN tenancy_tenant AS found ON found.slug = %s
"""
NO_TENANT = 0


@contextmanager
def scope_of_firm(slug: str) -> Iterator[Tenant | None]:
    """`tenant_scope` of the firm with this address, which it yields: None if there is none, and then
    nobody's rows exist inside. One statement opens it; inside that firm's own scope it is two.

    Raises  WrongTenantScope inside another tenant's scope.
    """
    if current_tenant_id() is not None:
        known = Tenant.objects.filter(slug=slug).first()
        with tenant_scope(known.pk if known else NO_TENANT):
            yield known
        return
    inside_transaction, token = connection.in_atomic_block, None
    try:
        with transaction.atomic():
            tenant, before = _opened(slug)
            tenant_id = tenant.pk if tenant else NO_TENANT
            token = current.set(tenant_id)
            with scope(tenant=tenant_id):
                yield tenant
                if inside_transaction:
                    close_inside(before)
    finally:
        if token is not None:
            current.reset(token)


def _opened(slug: str) -> tuple[Tenant | None, str]:
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [SETTING, SETTING, slug])
        before, _, *columns = cursor.fetchone()
        names = [column.name for column in cursor.description[2:]]
    found = dict(zip(names, columns, strict=True))
    if found["id"] is None:
        return None, before
    fields = [field.attname for field in Tenant._meta.concrete_fields]
    return Tenant.from_db(connection.alias, fields, [found[name] for name in fields]), before
