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


def rate(name: str, count: int, ours: float, sql: float | None, at_least: int | None) -> Row:
    """So many a second; more is better."""
    value = count / ours
    return Row(
        name,
        "per second",
        value,
        None if sql is None else count / sql,
        None if sql is None else ours / sql,
        f"≥ {at_least:,}/s" if at_least else "",
        at_least is None or value >= at_least,
    )


def duration(name: str, ours: float, sql: float | None, at_most: float) -> Row:
    """So many seconds; less is better."""
    ratio = None if sql is None else ours / sql
    return Row(name, "seconds", ours, sql, ratio, f"≤ {at_most} s", ours <= at_most)


def at_most(name: str, unit: str, value: float, limit: float) -> Row:
    return Row(name, unit, value, None, None, f"≤ {limit:g} {unit}", value <= limit)
