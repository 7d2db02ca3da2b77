"""`__in` with many ids: one array instead of a thousand numbers, each of which is prepared apart."""

from typing import Any, Final

from django.db.models import ForeignKey, IntegerField
from django.db.models.fields.related_lookups import RelatedIn
from django.db.models.lookups import In

# Below this a list reads better in a log and costs the same.
FROM_VALUES: Final = 50


class _AsArray:
    """Writes `column = ANY(array)` when what is looked for are many whole numbers."""

    rhs: Any

    def _many_ids(self) -> bool:
        values = self.rhs
        return (
            isinstance(values, list | tuple | set | frozenset)
            and len(values) >= FROM_VALUES
            and all(type(value) is int for value in values)
        )

    def get_prep_lookup(self) -> Any:
        if self._many_ids():
            return list(self.rhs)
        return super().get_prep_lookup()  # type: ignore[misc]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if not self._many_ids():
            return super().as_sql(compiler, connection)  # type: ignore[misc,no-any-return]
        column, parameters = self.process_lhs(compiler, connection)  # type: ignore[attr-defined]
        return f"{column} = ANY(%s)", [*parameters, list(dict.fromkeys(self.rhs))]


@IntegerField.register_lookup
class InIntegers(_AsArray, In):  # type: ignore[type-arg]
    """`id__in`."""


@ForeignKey.register_lookup
class InRelated(_AsArray, RelatedIn):  # type: ignore[misc,type-arg]
    """`project_id__in`, for keys of one column."""
