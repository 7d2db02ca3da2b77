"""Numbers of rows that are named before they are written."""

from django.db import connection


def next_ids(table: str, count: int) -> list[int]:
    """The next `count` ids of a table, in order. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]
