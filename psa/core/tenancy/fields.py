"""References between tenant-owned rows."""

from typing import Any

from django.db import models


class TenantForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key whose database constraint is (tenant_id, x_id) → parent(tenant_id, id).

    Django's own constraint is left out: the composite one, which ``TenantModel`` contributes for
    each such field, is stricter and costs one check, not two.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def db_type(self, connection: Any) -> Any:
        """That of the key it points at. Every join asks for it, and Django makes a field to tell."""
        found = self.__dict__.get("_db_type")
        if found is None:
            found = self.__dict__["_db_type"] = super().db_type(connection)
        return found

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs
