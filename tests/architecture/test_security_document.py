"""docs/security.md names evidence that exists, and leaves no requirement of its chapters out twice."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()


def test_names_files_that_exist() -> None:
    named = set(re.findall(r"(?:tests|psa|docs)/[\w/.-]+\.(?:py|md)", TEXT))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_names_each_requirement_once() -> None:
    found = re.findall(r"(?m)^\| (V\d+\.\d+\.\d+) \|", TEXT)
    assert len(found) == len(set(found)) > 130
    chapters = {int(requirement[1:].partition(".")[0]) for requirement in found}
    assert chapters == {1, 2, 3, 4, 5, 9, 11, 12, 13, 14, 15, 16}
