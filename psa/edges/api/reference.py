"""The reference page's rows, from the published description."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    where: str
    is_required: bool
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Parameter, ...]
    body: tuple[Parameter, ...]
    answers: str

    @property
    def inputs(self) -> tuple[Parameter, ...]:
        """All that it takes, from wherever."""
        return self.parameters + self.body


@dataclass(frozen=True, slots=True)
class Area:
    title: str
    operations: tuple[Operation, ...]


def areas_of(description: dict[str, Any]) -> list[Area]:
    """All operations by area, in the order of their paths."""
    schemas = description["components"]["schemas"]
    by_area: dict[str, list[Operation]] = defaultdict(list)
    for path, methods in description["paths"].items():
        for method, details in methods.items():
            parameters = [_followed(description, one) for one in details["parameters"]]
            details = {**details, "parameters": parameters}
            by_area[details["tags"][0]].append(_operation(path, method, details, schemas))
    return [
        Area(title, tuple(sorted(operations, key=lambda o: (o.path, o.method))))
        for title, operations in sorted(by_area.items())
    ]


def _followed(description: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    """The parameter itself, where the description only points at it."""
    name = one.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = description["components"]["parameters"][name] if name else one
    return found


def _operation(
    path: str, method: str, details: dict[str, Any], schemas: dict[str, Any]
) -> Operation:
    return Operation(
        id=details["operationId"],
        method=method.upper(),
        path=path,
        summary=details["summary"],
        about=details.get("description", "").replace("`", ""),
        parameters=tuple(
            Parameter(p["name"], p["in"], p["required"], _words(p["schema"], p.get("description")))
            for p in details["parameters"]
        ),
        body=tuple(_body(details, schemas)),
        answers=", ".join(details["responses"]),
    )


def _body(details: dict[str, Any], schemas: dict[str, Any]) -> list[Parameter]:
    content = details.get("requestBody", {}).get("content", {})
    if not content:
        return []
    shape = next(iter(content.values()))["schema"]
    shape = schemas.get(shape.get("$ref", "").rpartition("/")[2], shape)
    needed = set(shape.get("required", ()))
    return [
        Parameter(name, "body", name in needed, _words(field, field.get("description")))
        for name, field in shape.get("properties", {}).items()
    ]


def _words(shape: dict[str, Any], about: str | None) -> str:
    """The type in a word or two, and what it is about."""
    kinds = [str(s.get("type") or s.get("$ref", "").rpartition("/")[2]) for s in _members(shape)]
    allowed = shape.get("enum") or shape.get("items", {}).get("enum")
    words = " or ".join(k for k in kinds if k)
    if allowed and len(allowed) <= 12:
        words += f" ({', '.join(str(a) for a in allowed)})"
    return f"{words}. {about}" if about else words


def _members(shape: dict[str, Any]) -> list[dict[str, Any]]:
    members: list[dict[str, Any]] = shape.get("anyOf") or [shape]
    return members
