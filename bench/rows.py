"""A measured line, and the usual ways to come by one."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Row:
    """``ratio`` is to hand-written SQL of the same effect in the same run, where there is any."""

    name: str
    unit: str
    value: float
    sql_value: float | None
    ratio: float | None
    target: str
    ok: bool


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def rate(
    name: str,
    count: int,
    ours: float,
    sql: float | None,
    at_least: int | None,
    sql_reference: float | None = None,
) -> Row:
    """So many a second; more is better. `sql_reference` as `duration` takes it, a second."""
    value = count / ours
    ratio = None if sql is None else ours / sql
    row = Row(
        name,
        "per second",
        value,
        None if sql is None else count / sql,
        ratio,
        f"≥ {at_least:,}/s" if at_least else "",
        at_least is None or value >= at_least,
    )
    return _or_as_many_times(row, sql_reference / at_least if sql_reference and at_least else None)


def duration(
    name: str, ours: float, sql: float | None, at_most: float, sql_reference: float | None = None
) -> Row:
    """So many seconds; less is better.

    `sql_reference` is what hand-written SQL took where the target was set. A machine that is slower
    than that one meets the target by taking no more times its own SQL than was meant there.
    """
    ratio = None if sql is None else ours / sql
    row = Row(name, "seconds", ours, sql, ratio, f"≤ {at_most} s", ours <= at_most)
    return _or_as_many_times(row, at_most / sql_reference if sql_reference else None)


def _or_as_many_times(row: Row, times: float | None) -> Row:
    if times is not None and row.ratio is not None:
        row.target += f" or ≤ {times:.2f} × SQL"
        row.ok = row.ok or row.ratio <= times
    return row


def at_most(name: str, unit: str, value: float, limit: float) -> Row:
    return Row(name, unit, value, None, None, f"≤ {limit:g} {unit}", value <= limit)
