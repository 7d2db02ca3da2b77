"""The manager that fails closed: outside a scope every query raises."""

from typing import Any, TypeVar

from django.db import models
from django_scopes import get_scope
from django_scopes.exceptions import ScopeError

M = TypeVar("M", bound=models.Model)


class TenantManager(models.Manager[M]):
    """All rows of the open tenant; raises ``ScopeError`` when no tenant is open."""

    def get_queryset(self) -> models.QuerySet[M]:
        tenant: Any = get_scope().get("tenant")
        if tenant is None:
            raise ScopeError(f"{self.model.__name__} was queried outside a tenant's scope.")
        return super().get_queryset().filter(tenant_id=tenant)
