"""JSON schemas of everything the endpoints take and answer, worked out together.

Asked one by one, each of some seven hundred bodies and answers works out anew all that lies inside
it, the same records again and again; the first to ask for the description waited for seconds.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from ninja import NinjaAPI
from ninja.constants import NOT_SET
from ninja.openapi.schema import BODY_CONTENT_TYPES, REF_TEMPLATE
from ninja.schema import NinjaGenerateJsonSchema

Mode = Literal["validation", "serialization"]
# As ninja asks: bodies by their aliases, answers by the names of the fields.
_BY_ALIAS: dict[Mode, bool] = {"validation": True, "serialization": False}
_PREFIX = REF_TEMPLATE.format(model="")


@dataclass(frozen=True, slots=True)
class Shape:
    """One body or answer, and the named schemas it refers to, by name."""

    schema: dict[str, Any]
    definitions: dict[str, Any]


class Shapes:
    """What each model of an operation looks like, read (validation) or written (serialization)."""

    def __init__(self, api: NinjaAPI) -> None:
        self._found: dict[Mode, dict[Any, dict[str, Any]]] = {}
        self._named: dict[Mode, dict[str, Any]] = {}
        # A mode at a time: a record read and written alike has one name then, not one for each.
        self._generate(list(_bodies(api)), "validation")
        self._generate(list(_answers(api)), "serialization")

    def of(self, model: Any, mode: Mode, *, by_alias: bool) -> Shape | None:
        """The shape of one model; None for one that was not worked out here."""
        found = self._found[mode].get(model) if by_alias == _BY_ALIAS[mode] else None
        if found is None:
            return None
        named = self._named[mode]
        if "$ref" in found:
            found = named[_name(found["$ref"])]
        return Shape(deepcopy(found), {name: named[name] for name in _reached(found, named)})

    def _generate(self, models: list[Any], mode: Mode) -> None:
        generator = NinjaGenerateJsonSchema(by_alias=_BY_ALIAS[mode], ref_template=REF_TEMPLATE)
        found, named = generator.generate_definitions(
            [(model, mode, _core_schema_of(model)) for model in models]
        )
        self._found[mode] = {model: schema for (model, _), schema in found.items()}
        self._named[mode] = {str(name): schema for name, schema in named.items()}


def _core_schema_of(model: Any) -> Any:
    if not model.__pydantic_complete__:
        model.model_rebuild()
    return model.__pydantic_core_schema__


def _bodies(api: NinjaAPI) -> Iterator[Any]:
    for operation in operations_of(api):
        for model in operation.models:
            flattened = hasattr(model, "__ninja_flatten_map__")
            if model.__ninja_param_source__ in BODY_CONTENT_TYPES and not flattened:
                yield model


def _answers(api: NinjaAPI) -> Iterator[Any]:
    for operation in operations_of(api):
        for model in operation.response_models.values():
            if model not in (None, NOT_SET):
                yield model


def operations_of(api: NinjaAPI) -> Iterator[Any]:
    """Every endpoint, in the order of the description."""
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            yield from view.operations


def _reached(schema: Any, named: dict[str, Any]) -> list[str]:
    """The names a schema refers to, directly or through others, in their order."""
    reached: set[str] = set()
    waiting = list(_names(schema))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(_names(named[name]))
    return sorted(reached)


def _names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield _name(value)
            else:
                yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)


def _name(reference: str) -> str:
    return reference.removeprefix(_PREFIX)
