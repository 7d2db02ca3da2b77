"""The tests' own databases: the application's role, rolled back or thrown away, never flushed."""

from collections.abc import Callable

import psycopg
import pytest
from django.db import connection, transaction

from tests.database import StandingScene, current_database


def _session_values() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        return int(cursor.fetchone()[0])


def _insert(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_session (session_key, session_data, expire_date) "
            "VALUES (%s, '', now())",
            [key],
        )


@pytest.mark.django_db
@pytest.mark.parametrize("round_number", [1, 2])
def test_rolls_back_what_a_test_wrote(round_number: int) -> None:
    assert _session_values() == 0
    _insert("rolled-back")
    assert _session_values() == 1


@pytest.mark.parametrize("round_number", [1, 2])
def test_undoes_what_a_test_did_to_a_standing_scene(
    standing_scene: StandingScene[str], round_number: int
) -> None:
    assert standing_scene(_one_session) == "made before"
    assert _session_values() == 1
    _insert("undone")
    assert _session_values() == 2


def _one_session() -> str:
    _insert("made before")
    return "made before"


@pytest.mark.django_db
def test_connects_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, pg_has_role('psa_owner', 'MEMBER')")
        assert cursor.fetchone() == ("psa_app", False)


@pytest.mark.parametrize("round_number", [1, 2])
def test_gives_each_committing_test_a_fresh_database(
    round_number: int,
    committed_database: str,
    app_connection: Callable[[], psycopg.Connection],
    owner_connection: psycopg.Connection,
) -> None:
    assert current_database() == committed_database
    assert _session_values() == 0
    with transaction.atomic():
        _insert("committed")
    for other in (app_connection(), app_connection(), owner_connection):
        row = other.execute("SELECT session_key, current_database() FROM django_session").fetchone()
        assert row == ("committed", committed_database)
