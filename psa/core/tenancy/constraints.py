"""What the database itself enforces, as constraints that makemigrations sees.

``TenantRLS``       row-level security, forced, so that not even the owner reads past its tenant
``TenantReference`` composite foreign key (tenant_id, x_id) → parent(tenant_id, id)
``ReadableBy``      reading a table before a scope exists, by one value that the asker must know
``AppendOnly``      UPDATE, DELETE and TRUNCATE refused for everyone, the owner included
``DatabaseTrigger`` a trigger whose function a migration of the same app created

Each is created at the end of its migration (deferred SQL), when the tables and unique keys that it
names exist, whatever order the autodetector chose.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, Model

APP_ROLE = "psa_app"


class DatabaseRule(BaseConstraint):
    """Common shape: deferred creation, no Python-side validation."""

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        raise NotImplementedError

    def _remove(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        raise NotImplementedError

    def constraint_sql(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:  # type: ignore[override]
        editor.deferred_sql.append(self._create(model, editor))
        return ""

    def create_sql(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str | None:  # type: ignore[override]
        editor.deferred_sql.append(self._create(model, editor))
        return None

    def remove_sql(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:  # type: ignore[override]
        return self._remove(model, editor)

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """The database refuses; there is nothing to check in Python."""

    def _identity(self) -> tuple[Any, ...]:
        return (self.name,)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._identity() == other._identity()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._identity()))


class TenantRLS(DatabaseRule):
    """Rows of one tenant only: fail-closed when no tenant is set, and the shape stays on the index.

    ``or_user`` widens *reading* to rows of the signed-in user (memberships, which are looked up
    before a tenant is known); writing always needs the tenant.
    """

    def __init__(self, *, name: str, field: str = "tenant", or_user: str = "") -> None:
        super().__init__(name=name)
        self.field = field
        self.or_user = or_user

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        table = editor.quote_name(model._meta.db_table)
        column = editor.quote_name(model._meta.get_field(self.field).column)  # type: ignore[union-attr,arg-type]
        mine = f"{column} = (SELECT NULLIF(current_setting('psa.tenant_id', true), '')::bigint)"
        sql = (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
            f"CREATE POLICY {editor.quote_name(self.name)} ON {table} USING ({mine}) WITH CHECK ({mine});"
        )
        if self.or_user:
            user = editor.quote_name(model._meta.get_field(self.or_user).column)  # type: ignore[union-attr,arg-type]
            own = f"{user} = (SELECT NULLIF(current_setting('psa.user_id', true), '')::bigint)"
            sql += f"CREATE POLICY {editor.quote_name(self.name + '_own')} ON {table} FOR SELECT USING ({own});"
        return sql

    def _remove(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        table = editor.quote_name(model._meta.db_table)
        sql = f"DROP POLICY {editor.quote_name(self.name)} ON {table};"
        if self.or_user:
            sql += f"DROP POLICY {editor.quote_name(self.name + '_own')} ON {table};"
        return sql + f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;"

    def _identity(self) -> tuple[Any, ...]:
        return (self.name, self.field, self.or_user)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        if self.or_user:
            kwargs["or_user"] = self.or_user
        return path, args, kwargs


class ReadableBy(DatabaseRule):
    """Widens *reading* to rows whose text column equals a parameter of the transaction.

    For look-ups before a tenant is known, such as the firm behind an address's domain: who asks
    must already know the value, and sees those rows alone.
    """

    def __init__(self, *, name: str, field: str, parameter: str) -> None:
        super().__init__(name=name)
        self.field = field
        self.parameter = parameter

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        table = editor.quote_name(model._meta.db_table)
        column = editor.quote_name(model._meta.get_field(self.field).column)  # type: ignore[union-attr,arg-type]
        asked = f"(SELECT NULLIF(current_setting('{self.parameter}', true), ''))"
        return (
            f"CREATE POLICY {editor.quote_name(self.name)} ON {table} FOR SELECT "
            f"USING ({column} = {asked});"
        )

    def _remove(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        table = editor.quote_name(model._meta.db_table)
        return f"DROP POLICY {editor.quote_name(self.name)} ON {table};"

    def _identity(self) -> tuple[Any, ...]:
        return (self.name, self.field, self.parameter)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs |= {"field": self.field, "parameter": self.parameter}
        return path, args, kwargs


class TenantReference(DatabaseRule):
    """The composite foreign key behind a ``TenantForeignKey``: a row can't name another tenant's."""

    def __init__(self, *, name: str, field: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        field = model._meta.get_field(self.field)
        q = editor.quote_name
        target = q(field.related_model._meta.db_table)  # type: ignore[union-attr,arg-type]
        return (
            f"ALTER TABLE {q(model._meta.db_table)} ADD CONSTRAINT {q(self.name)} "
            f"FOREIGN KEY (tenant_id, {q(field.column)}) REFERENCES {target} (tenant_id, id) "  # type: ignore[union-attr,arg-type]
            ""
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


class AppendOnly(DatabaseRule):
    """Rows are added and read, never changed: refused by a trigger, and not even granted."""

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        table = editor.quote_name(model._meta.db_table)
        return (
            f"CREATE TRIGGER {editor.quote_name(self.name)} BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION psa_refuse_change();"
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE};"
        )

    def _remove(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        table = editor.quote_name(model._meta.db_table)
        return (
            f"DROP TRIGGER {editor.quote_name(self.name)} ON {table};"
            f"GRANT UPDATE, DELETE ON {table} TO {APP_ROLE};"
        )


class DatabaseTrigger(DatabaseRule):
    """``CREATE {definition}`` with {name} and {table} filled in; its function exists already."""

    def __init__(self, *, name: str, definition: str) -> None:
        super().__init__(name=name)
        self.definition = definition

    def _create(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        return "CREATE " + self.definition.format(
            name=editor.quote_name(self.name), table=editor.quote_name(model._meta.db_table)
        )

    def _remove(self, model: type[Model], editor: BaseDatabaseSchemaEditor) -> str:
        table = editor.quote_name(model._meta.db_table)
        return f"DROP TRIGGER {editor.quote_name(self.name)} ON {table}"

    def _identity(self) -> tuple[Any, ...]:
        return (self.name, self.definition)

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        kwargs["definition"] = self.definition
        return path, args, kwargs
