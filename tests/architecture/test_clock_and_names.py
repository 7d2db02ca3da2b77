"""No clock below the edge, no attic, no float in money, migrations named for their change."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("psa", "sales", "projects", "resources", "timeexpense", "billing", "revenue")
BELOW_THE_EDGE = re.compile(r"(^|/)(rules|services|selectors|models|policies)(/|\.py$)")
ATTIC = {"utils", "helpers", "common", "misc"}


def sources() -> list[Path]:
    return [
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
    ]


def test_nothing_below_the_edge_reads_the_clock() -> None:
    ambient = re.compile(
        r"\bclock\.(now|today)\(|import clock\b|timezone\.now\(|date\.today\(|datetime\.now\(|time\.time\("
    )
    readers = [
        str(path.relative_to(ROOT))
        for path in sources()
        if BELOW_THE_EDGE.search(str(path.relative_to(ROOT)))
        and ambient.search(_code_of(path))
        # Leases of jobs keep the real clock: a played date must not make a dead worker look alive.
        and not str(path.relative_to(ROOT)).startswith("psa/core/jobs/")
    ]
    assert readers == []


def test_there_is_no_attic() -> None:
    assert [str(p.relative_to(ROOT)) for p in sources() if p.stem in ATTIC] == []


def test_money_and_rules_know_no_floats() -> None:
    users = [
        str(path.relative_to(ROOT))
        for path in sources()
        if BELOW_THE_EDGE.search(str(path.relative_to(ROOT)))
        and re.search(r"\bfloat\(", _code_of(path))
    ]
    assert users == []


def _code_of(path: Path) -> str:
    """The source without strings and comments: prose may speak of clocks."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.unparse(tree)
