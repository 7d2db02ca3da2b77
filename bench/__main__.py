"""``make bench``: our services beside hand-written SQL of the same effect, in one run.

Prints a table and writes bench/results.json (rows: name, unit, value, sql_value, ratio, target, ok).
``python -m bench large pages`` measures those parts alone and replaces their rows. Runs on data of
its own, under PSA_DATA; the firm of the pages is made once and kept there.
Machines are noisy: read the ratios of one run, and its last row, which tells what else was running.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.rows import Row, at_most

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.json"


def parts() -> dict[str, Callable[[], list[Row]]]:
    """What can be measured, in the order of a whole run."""
    from bench import pages, plans, receipts, work

    return {
        "data_set": work.data_set,
        "time_by_api": work.time_by_api,
        "large": work.large,
        "growth": work.growth,
        "pricing": work.pricing,
        "plans": plans.measure,
        "receipts": receipts.measure,
        "pages": pages.measure,
    }


def main() -> int:
    os.environ.setdefault("PSA_DATA", str(ROOT / ".data" / "bench"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")
    os.environ["PSA_NOW"] = "2026-07-31T12:00:00"
    from psa import embedded

    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    with embedded.services(os.environ["PSA_DATA"]) as services:
        os.environ.update(services.environment())
        subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "migrate", "-v0"], check=True, cwd=ROOT
        )
        import django

        django.setup()
        from psa import garbage

        known = parts()
        garbage.settle()
        wanted = sys.argv[1:] or list(known)
        if strange := [name for name in wanted if name not in known]:
            raise SystemExit(f"There is no part {strange[0]}. Parts: {', '.join(known)}.")
        rows = []
        for name in wanted:
            measured = known[name]()
            for row in measured:
                _show(row)
            rows += measured
    rows.append(at_most("load a core before measuring", "processes", busy, 0.5))
    _show(rows[-1])
    _write(rows, is_whole=len(wanted) == len(known))
    return 0 if all(row.ok for row in rows) else 1


def _show(row: Row) -> None:
    sql = "" if row.sql_value is None else f"{row.sql_value:>12,.2f} {row.ratio:>6.2f}×"
    verdict = "ok" if row.ok else "MISSED"
    print(
        f"{row.name:<52} {row.value:>14,.2f} {row.unit:<10} {sql:<22} {row.target:<28} {verdict}",
        flush=True,
    )


def _write(rows: Sequence[Row], *, is_whole: bool) -> None:
    """All rows of a whole run; those of some parts in place of what was known of them."""
    known = [] if is_whole or not RESULTS.exists() else json.loads(RESULTS.read_text())
    by_name = {row["name"]: row for row in known} | {row.name: asdict(row) for row in rows}
    RESULTS.write_text(json.dumps(list(by_name.values()), indent=2) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
