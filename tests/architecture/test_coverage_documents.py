"""docs/coverage names tests that exist."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
PAGES = sorted((TESTS.parent / "docs" / "coverage").glob("*.md"))
# From the project, from tests/, or from the folder of tests that is called as the page.
NAMED = re.compile(r"\b(?:tests/)?((?:\w+/)*test_\w+\.py)::(test_\w+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_names_tests_that_exist(page: Path) -> None:
    named = set(NAMED.findall(page.read_text()))
    assert len(named) > 40
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not any(
            path.exists() and re.search(rf"(?m)^ *def {name}\(", path.read_text())
            for path in (TESTS / file, TESTS / page.stem / file)
        )
    ]
    assert missing == []
