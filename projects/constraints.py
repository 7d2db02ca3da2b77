"""What the database itself enforces about plans."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from psa.core.tenancy.constraints import DatabaseRule


class TaskOfProject(DatabaseRule):
    """The task in `field` is of the row's own project: (task, project) → the task's key.

    The tenant is the composite reference's concern. It is left out here because with it a table
    without statistics is looked through by project, row by row, instead of by this key.
    """

    def __init__(self, *, name: str, field: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        q = editor.quote_name
        column = q(model._meta.get_field(self.field).column)  # type: ignore[union-attr,arg-type]
        return (
            f"ALTER TABLE {q(model._meta.db_table)} ADD CONSTRAINT {q(self.name)} "
            f"FOREIGN KEY ({column}, project_id) REFERENCES projects_task (id, project_id)"
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


class SameProject(TaskOfProject):
    """The same by (tenant, project, task); kept for the migration that made it."""

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        q = editor.quote_name
        column = q(model._meta.get_field(self.field).column)  # type: ignore[union-attr,arg-type]
        return (
            f"ALTER TABLE {q(model._meta.db_table)} ADD CONSTRAINT {q(self.name)} "
            f"FOREIGN KEY (tenant_id, project_id, {column}) "
            "REFERENCES projects_task (tenant_id, project_id, id)"
        )
