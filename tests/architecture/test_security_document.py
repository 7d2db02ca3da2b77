"""docs/security.md and what it points at name evidence that exists, each requirement once."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
# Paths of tests in this one are below tests/.
IDENTITY = (ROOT / "docs" / "security" / "identity.md").read_text()


def test_names_files_that_exist() -> None:
    named = set(re.findall(r"(?:tests|psa|docs|bench)/[\w/.-]+\.(?:py|md|sql)", TEXT))
    named |= {
        f"tests/{path}" for path in re.findall(r"`((?:core|edges|attacks)/[\w/]+\.py)", IDENTITY)
    }
    named |= {f"docs/{path}" for path in re.findall(r"\(\.\./(adr/[\w.-]+\.md)\)", IDENTITY)}
    assert len(named) > 40
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_names_folders_that_exist() -> None:
    named = set(re.findall(r"(?<![\w/])((?:tests|psa|docs)/[\w/]+)(?![\w/.-])", TEXT))
    # A decision is named by its number.
    assert [path for path in sorted(named) if not list(ROOT.glob(f"{path}*"))] == []


@pytest.mark.parametrize("text", [TEXT, IDENTITY], ids=["security", "identity"])
def test_names_tests_that_exist(text: str) -> None:
    named = set(re.findall(r"\b(test_\w+)\b(?!\.py)", text))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"(?m)^def (test_\w+)", path.read_text())
    }
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    assert sorted(named - written - files) == []


def test_names_each_requirement_once() -> None:
    found = re.findall(r"(?m)^\| (V\d+\.\d+\.\d+) \|", TEXT)
    assert len(found) == len(set(found)) > 130
    chapters = {int(requirement[1:].partition(".")[0]) for requirement in found}
    assert chapters == {1, 2, 3, 4, 5, 9, 11, 12, 13, 14, 15, 16}
