"""The published description: what ninja knows, and what every endpoint answers besides."""

import json
from functools import cache
from typing import Any, Literal

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from psa.core.web.api.endpoints import Facts
from psa.core.web.api.schemas import Problem

from . import problems
from .mounts import api
from .shapes import Shapes, operations_of

PREFIX = "api/v1"
_PROBLEM = {
    problems.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
}
_EVERY = (401, 403, 404, 422, 429, 503)
_WRITE = (400, 409, 413, 415)
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key within 24 hours does nothing more and is answered alike.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "An ETag; 304 when the record is still that.",
    "schema": {"type": "string"},
}


def _if_match(*, is_needed: bool) -> dict[str, Any]:
    return {
        "in": "header",
        "name": "If-Match",
        "required": is_needed,
        "description": "The ETag you read; 412 when the record has changed since.",
        "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[0-9a-f]{1,64}")$'},
    }


class Description(OpenAPISchema):
    """Refuses two shapes under one name, which would describe one of them wrongly."""

    def __init__(self, api: NinjaAPI, path_prefix: str) -> None:
        self.shapes = Shapes(api)
        super().__init__(api, path_prefix)

    def _create_schema_from_model(
        self,
        model: Any,
        by_alias: bool = True,
        remove_level: bool = True,
        mode: Literal["validation", "serialization"] = "validation",
    ) -> tuple[dict[str, Any], bool]:
        found = self.shapes.of(model, mode, by_alias=by_alias)
        if found is None:
            return super()._create_schema_from_model(model, by_alias, remove_level, mode)
        self.add_schema_definitions(found.definitions)
        properties = found.schema["properties"]
        if remove_level and len(properties) == 1:
            name, details = next(iter(properties.items()))
            return details, name in found.schema.get("required", ())
        return found.schema, True

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        for name, shape in definitions.items():
            if self.schemas.setdefault(name, shape) != shape:
                raise RuntimeError(f"Two schemas are called {name}: rename one of them.")


@cache
def description() -> dict[str, Any]:
    """OpenAPI 3.1 of the whole API."""
    found = Description(api, PREFIX)
    facts = _facts()
    for methods in found["paths"].values():
        for operation in methods.values():
            _complete(operation, facts[operation["operationId"]])
    found["components"]["schemas"] |= _problem_schemas()
    found["components"]["responses"] = {
        f"Problem{status}": {"description": title, "content": _PROBLEM}
        for status, (_, title) in problems.TITLES.items()
    }
    found["components"]["parameters"] = {
        "IdempotencyKey": _KEY,
        "IfNoneMatch": _IF_NONE_MATCH,
        "IfMatch": _if_match(is_needed=False),
        "NeededIfMatch": _if_match(is_needed=True),
    }
    found["components"]["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal or service token, made under “API tokens”.",
        }
    }
    found["security"] = [{"token": []}]
    return dict(found)


@cache
def published() -> bytes:
    """The description as it is sent."""
    return json.dumps(description()).encode()


def _facts() -> dict[str, Facts]:
    return {
        operation.operation_id or "": operation.view_func.facts  # type: ignore[attr-defined]
        for operation in operations_of(api)
    }


def _complete(operation: dict[str, Any], facts: Facts) -> None:
    statuses = set(_EVERY)
    parameters = operation.setdefault("parameters", [])
    answers: dict[Any, Any] = operation["responses"]
    if facts.kind == "record":
        parameters.append({"$ref": "#/components/parameters/IfNoneMatch"})
        answers[304] = {"description": "It is still what If-None-Match names."}
    if facts.kind == "file":
        statuses.add(409)
    if facts.kind == "write":
        statuses |= set(_WRITE)
        parameters.append({"$ref": "#/components/parameters/IdempotencyKey"})
        if facts.takes_if_match:
            word = "NeededIfMatch" if facts.needs_if_match else "IfMatch"
            parameters.append({"$ref": f"#/components/parameters/{word}"})
            statuses.add(412)
        if facts.needs_if_match:
            statuses.add(428)
    for status in statuses:
        answers[status] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["responses"] = {str(k): answers[k] for k in sorted(answers, key=int)}


def _problem_schemas() -> dict[str, Any]:
    shape = Problem.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    nested = shape.pop("$defs", {})
    return {"Problem": shape, **nested}
