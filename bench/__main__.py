"""``make bench``: the comparison data set through our services and by hand-written SQL, in one run.

Prints a table and writes bench/results.json (rows: name, unit, value, sql_value, ratio, target, ok).
``python -m bench pages`` measures pages instead and writes bench/pages.json (see bench/pages.py).
Machines are noisy: read the ratios of one run. Runs on data of its own, under PSA_DATA.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Row:
    """One measured line; ``better`` says whether more or less of the unit is good."""

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


def main() -> int:
    os.environ.setdefault("PSA_DATA", str(ROOT / ".data" / "bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")
    os.environ["PSA_NOW"] = "2026-07-31T12:00:00"
    from psa import embedded

    with embedded.services(os.environ["PSA_DATA"]) as services:
        os.environ.update(services.environment())
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"], check=True, cwd=ROOT
        )
        import django

        django.setup()
        if sys.argv[1:] == ["pages"]:
            from bench import pages

            name, rows = "pages.json", pages.measure()
        else:
            warm_up(services.owner_database_url)
            name, rows = "results.json", measure()
    for row in rows:
        shown = "" if row.sql_value is None else f"{row.sql_value:>12,.2f} {row.ratio:>6.2f}×"
        print(f"{row.name:<52} {row.value:>14,.2f} {row.unit:<10} {shown:<22} {row.target:<28} "
              f"{'ok' if row.ok else 'MISSED'}")  # fmt: skip
    (ROOT / "bench" / name).write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 0 if all(row.ok for row in rows) else 1


def warm_up(owner_database_url: str) -> None:
    """One unmeasured round, and statistics as any database in use has them."""
    import psycopg

    from bench import firm, ours

    first = firm.make(f"w{int(time.time())}")
    ids = ours.enter(first, ours.drafts(first, firm.LINES))
    ours.submit(first, ids)
    ours.approve(first, ids)
    ours.confirm(first, ours.draft_invoices(first))
    with psycopg.connect(owner_database_url, autocommit=True) as owner:
        owner.execute("ANALYZE")


def measure() -> list[Row]:
    from bench import by_hand, by_hand_confirm, firm, ours

    stamp = f"b{int(time.time())}"
    mine, theirs = firm.make(f"{stamp}-ours"), firm.make(f"{stamp}-sql")
    lines = ours.drafts(mine, firm.LINES)
    ids: list[int] = []
    proposals: list[int] = []
    total = []
    entering = seconds(lambda: ids.extend(ours.enter(mine, lines)))
    submitting = seconds(lambda: ours.submit(mine, ids))
    approving = seconds(lambda: ours.approve(mine, ids))
    drafting = seconds(lambda: proposals.extend(ours.draft_invoices(mine)))
    confirming = seconds(lambda: total.append(ours.confirm(mine, proposals)))
    if total[0] != firm.CONTROL_TOTAL or len(proposals) != firm.PROJECTS:
        raise SystemExit(f"control total {total[0]} is not {firm.CONTROL_TOTAL}")
    sql_entering = seconds(lambda: by_hand.enter(theirs, firm.LINES))
    sql_approving = seconds(lambda: by_hand.approve(theirs))
    sql_drafting = seconds(lambda: by_hand.draft_invoices(theirs))
    if by_hand.unbilled_total(theirs) * 11 / 10 != firm.CONTROL_TOTAL:
        raise SystemExit("the hand-written SQL does not come to the control total")
    sql_confirming = seconds(lambda: by_hand_confirm.confirm(theirs))
    if by_hand.invoiced_total(theirs) != firm.CONTROL_TOTAL:
        raise SystemExit("the hand-written invoices do not come to the control total")
    chain = entering + submitting + approving + drafting + confirming
    sql_chain = sql_entering + sql_approving + sql_drafting + sql_confirming
    rows = [
        _rate("enter time in bulk", firm.LINES, entering, sql_entering, 6500),
        _rate("approve 10,000 entries", firm.LINES, approving, sql_approving, None),
        _time("10,000 lines to 20 drafts of 500", drafting, sql_drafting, 1),
        _time("confirm and post 20 invoices of 500 lines", confirming, sql_confirming, 1),
        _time("the chain, 10,000 lines", chain, sql_chain, 6),
    ]
    rows += _large(stamp)
    rows += _pricing(mine)
    return rows


def _large(stamp: str) -> list[Row]:
    """100,000 entries approved, and the billing run over 1,000 contracts of 100 rows each."""
    from bench import by_hand, firm, ours

    count = 100_000
    mine = firm.make(f"{stamp}-large", projects=1000)
    theirs = firm.make(f"{stamp}-large-sql", projects=1000)
    ids = ours.enter(mine, ours.drafts(mine, count))
    ours.submit(mine, ids)
    approving = seconds(lambda: ours.approve(mine, ids))
    by_hand.enter(theirs, count)
    sql_approving = seconds(lambda: by_hand.approve(theirs))
    drafting = seconds(lambda: ours.draft_invoices(mine))
    sql_drafting = seconds(lambda: by_hand.draft_invoices(theirs))
    approved = _rate("approve 100,000 entries", count, approving, sql_approving, 10_000)
    approved.ok = approved.ok and (approved.ratio or 9) <= 2
    approved.target = "≥ 10,000/s; ≤ 2 × SQL"
    run = _time("billing run, 1,000 contracts, 100,000 rows", drafting, sql_drafting, 12)
    run.ok = run.ok and (run.ratio or 9) <= 3
    run.target = "≤ 12 s; ≤ 3 × SQL"
    return [approved, run]


def _pricing(mine: object) -> list[Row]:
    from bench import by_hand, ours

    queries = ours.price_queries(mine, 200_000)  # type: ignore[arg-type]
    sql_many = seconds(lambda: by_hand.price_many(mine, len(queries)))  # type: ignore[arg-type]
    sql_one = seconds(lambda: by_hand.price_many(mine, 1))  # type: ignore[arg-type]
    many = seconds(ours.price_many(mine, queries))  # type: ignore[arg-type]
    one = seconds(ours.price_one(mine, queries[0]))  # type: ignore[arg-type]
    return [
        _rate("price resolution in bulk", len(queries), many, sql_many, 200_000),
        Row(
            "price resolution, one",
            "ms",
            one * 1000,
            sql_one * 1000,
            one / sql_one,
            "< 1 ms",
            one < 0.001,
        ),
    ]


def _rate(name: str, count: int, ours: float, sql: float | None, at_least: int | None) -> Row:
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


def _time(name: str, ours: float, sql: float | None, at_most: float) -> Row:
    ratio = None if sql is None else ours / sql
    return Row(name, "seconds", ours, sql, ratio, f"≤ {at_most} s", ours <= at_most)


if __name__ == "__main__":
    raise SystemExit(main())
