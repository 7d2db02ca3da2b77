"""Numbers of accounts, opportunities, quotes and contracts: unique, in order, gaps allowed."""

from django.db import connection

_PREFIXES = {"account": "A", "department": "D", "opportunity": "OP", "quote": "Q", "contract": "C"}


def next_number(*, kind: str, tenant_id: int) -> str:
    """The next number of a kind, such as “Q-0042”; the counter's row is locked until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sales_numbercounter (tenant_id, kind, last_number) VALUES (%s, %s, 1) "
            "ON CONFLICT (tenant_id, kind) "
            "DO UPDATE SET last_number = sales_numbercounter.last_number + 1 "
            "RETURNING last_number",
            [tenant_id, kind],
        )
        number = cursor.fetchone()[0]
    return f"{_PREFIXES[kind]}-{number:04d}"
