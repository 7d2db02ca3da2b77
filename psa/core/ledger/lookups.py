"""How lists find rows by a number that somebody typed."""

from typing import Any

from django.db.models import BigIntegerField
from django.db.models.lookups import IntegerFieldExact

# Ids are positive: no row has it.
_NOBODYS = -1


@BigIntegerField.register_lookup
class Typed(IntegerFieldExact):
    """`project_id__typed="12"`: the row of this number; letters are the number of none."""

    lookup_name = "typed"

    def get_prep_lookup(self) -> Any:
        text = str(self.rhs).strip()
        return int(text) if text.isascii() and text.isdigit() else _NOBODYS

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= {rhs}"
