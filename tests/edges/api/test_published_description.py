"""An outside fuzzer finds no 5xx, no answer that is not documented, and no body that breaks its schema.

Each call is undone, so that the next one finds the same firm. Ids in addresses are those of
records that exist, half of the time.
"""

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from psa.edges.api.mounts import api
from psa.edges.api.openapi import description
from psa.edges.api.shapes import operations_of
from tests.attacks.world import World, acme_world, give_every_role
from tests.database import StandingScene
from tests.edges.api.callers import token_of
from tests.factories import AT, CAST

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# What the parameters of addresses are called in the map of records, where it is not the same.
INSTEAD = {
    "link_id": "projects.views:link_id",
    "entry_id": "timeexpense.views.weeks:entry_id",
    "register_id": "projects.register_views:entry_id",
    "status_report_id": "projects.report_views:report_id",
    "automation_rule_id": "psa.core.automation.views:rule_id",
    "import_id": "psa.edges.integrations.imports.views:run_id",
}


@pytest.fixture
def world(standing_scene: StandingScene[World], settings: Any) -> Iterator[World]:
    settings.PSA_NOW = AT
    settings.API_REQUESTS_PER_MINUTE_OF_TOKEN = 10**9
    settings.API_REQUESTS_PER_MINUTE_OF_TENANT = 10**9
    # The server's own clients would close the test's connection between two requests.
    between = (signals.request_started, signals.request_finished)
    for signal in between:
        signal.disconnect(close_old_connections)
    yield standing_scene(acme_world)
    for signal in between:
        signal.connect(close_old_connections)


def test_the_shapes_worked_out_together_are_those_worked_out_one_by_one() -> None:
    """Bodies and answers of every fifteenth endpoint, and every named schema they refer to."""
    told = {
        operation["operationId"]: operation
        for methods in description()["paths"].values()
        for operation in methods.values()
    }
    alone = OpenAPISchema(NinjaAPI(urls_namespace="nothing"), "")
    by_types_alone = [each for each in operations_of(api) if not each.openapi_extra]
    for operation in by_types_alone[::15]:
        found = told[operation.operation_id]
        assert alone.request_body(operation) == found.get("requestBody", {})
        for status, answer in alone.responses(operation).items():
            assert answer == found["responses"][str(status)]
    named = description()["components"]["schemas"]
    assert len(alone.schemas) > 20
    for name, schema in alone.schemas.items():
        assert named[name] == schema


@pytest.mark.parametrize(("name", "first"), [("ben", 0), ("priya", 1), ("fay", 2)])
def test_says_what_each_endpoint_answers(world: World, name: str, first: int) -> None:
    """Each endpoint to one of three roles; the proofs ask all of all."""
    assert list(surprises(world, [name], examples=2, share=slice(first, None, 3))) == []


@pytest.mark.proof
@pytest.mark.parametrize("first", range(4))
def test_says_what_each_endpoint_answers_to_every_role(world: World, first: int) -> None:
    """Six calls by one who has every role; the first two also by each role alone."""
    give_every_role(world.firm, "bea")
    names = ["bea", *sorted(CAST.keys() - {"bea"})]
    share = slice(first, None, 4)
    assert list(surprises(world, names, examples=6, by_all=2, share=share)) == []


def surprises(
    world: World, names: list[str], *, examples: int, by_all: int = 0, share: slice = slice(None)
) -> Iterator[str]:
    """What was found, an operation a line; the first person calls each example, all the first few.

    What costs time is to make an example up, not to ask: who asks the same saves most of it.
    """
    callers = {name: {"Authorization": f"Bearer {token_of(world.firm, name)}"} for name in names}
    schema = schemathesis.openapi.from_dict(description())
    schema.app = get_wsgi_application()
    for result in list(schema.get_all_operations())[share]:
        found = _surprise(result.ok(), callers, world.ids, examples, by_all)
        if found:
            yield found


def _surprise(
    operation: Any,
    callers: dict[str, dict[str, str]],
    ids: dict[str, Any],
    examples: int,
    by_all: int,
) -> str | None:
    strategies = [
        operation.as_strategy(generation_mode=mode)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    ]
    first, *others = callers
    numbers = count()

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(*strategies), is_known=st.booleans())
    def call(case: Any, is_known: bool) -> None:
        if is_known and case.path_parameters:
            known = {k: _id(ids, k) for k in case.path_parameters if _id(ids, k) is not None}
            case.path_parameters.update(known)
        for name in [first, *others] if next(numbers) < by_all else [first]:
            with transaction.atomic():
                response = case.call(headers=callers[name])
                transaction.set_rollback(True)
            try:
                case.validate_response(response, checks=CHECKS)
            except FailureGroup as group:
                group.add_note(f"to {name}")
                raise

    try:
        call()
    except (FailureGroup, Exception) as found:
        told = "; ".join(getattr(found, "__notes__", []))
        return f"{operation.label} {told}: {found!s:.3000}"
    return None


def _id(ids: dict[str, Any], name: str) -> Any:
    return ids.get(name) or ids.get(INSTEAD.get(name, ""))


def described_paths(world: World) -> Iterator[str]:
    """Every address that can be read, with ids of records that exist."""
    for path, methods in description()["paths"].items():
        if "get" not in methods:
            continue
        inside = path.removeprefix("/api/v1")
        names = re.findall(r"{(\w+)}", inside)
        values = {name: _id(world.ids, name) for name in names}
        if all(values.values()):
            yield inside.format(**values)
