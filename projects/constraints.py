"""What the database itself enforces about plans."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from psa.core.tenancy.constraints import DatabaseRule


class SameProject(DatabaseRule):
    """The task in `field` is of the row's own project: (tenant, project, task) → the task's key."""

    def __init__(self, *, name: str, field: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        q = editor.quote_name
        column = q(model._meta.get_field(self.field).column)  # type: ignore[union-attr,arg-type]
        return (
            f"ALTER TABLE {q(model._meta.db_table)} ADD CONSTRAINT {q(self.name)} "
            f"FOREIGN KEY (tenant_id, project_id, {column}) "
            "REFERENCES projects_task (tenant_id, project_id, id)"
        )

    def _remove(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        q = editor.quote_name
        return f"ALTER TABLE {q(model._meta.db_table)} DROP CONSTRAINT {q(self.name)}"

    def _identity(self) -> tuple[Any, ...]:
        return (self.name, self.field)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        return path, args, kwargs
