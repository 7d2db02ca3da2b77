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


def test_names_every_requirement_of_levels_one_and_two_about_identity() -> None:
    # By section: how many requirements levels 1 and 2 have, which are its first ones.
    sections = {
        "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
        "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
        "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
        "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
    }  # fmt: skip
    wanted = {f"{section}.{n}" for section, count in sections.items() for n in range(1, count + 1)}
    named: set[str] = set()
    for cell in re.findall(r"(?m)^\| ((?:6|7|8|10)\.[^|]*?)(?: \(L3\))? \|", IDENTITY):
        for part in cell.split(", "):
            first, _, last = part.partition("–")
            section, _, number = first.rpartition(".")
            if number == "x" or first in sections:
                whole = first.removesuffix(".x")
                named |= {one for one in wanted if one.startswith(f"{whole}.")}
            else:
                until = int(last.rpartition(".")[2]) if last else int(number)
                named |= {f"{section}.{n}" for n in range(int(number), until + 1)}
    assert sorted(wanted - named) == []
