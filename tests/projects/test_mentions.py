"""Whom a text names: the figures of docs/rules/projects.md, P-24."""

import pytest

from projects.rules.mentions import mentioned, pieces
from psa.core.errors import DomainError

READERS = {1: "Ben Osei", 2: "Ben", 3: "Priya Raman", 4: "Priya Raman"}
OTHERS = {9: "Otto Stern"}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("@Ben Osei, look", {1}),
        ("look, @ben!", {2}),
        ("(@BEN OSEI)", {1}),
        ("@Benedict and @Bengt", set()),
        ("write to ben@Ben Osei.example", set()),
        ("@Priya Raman", {3, 4}),
        ("@Nobody here", set()),
        ("@Ben Osei @Ben", {1, 2}),
        ("Otto Stern without a sign", set()),
    ],
)
def test_names_whole_names_the_longest_first(text, ids):
    assert mentioned(text, READERS, OTHERS) == ids


def test_refuses_who_may_not_read_it():
    with pytest.raises(DomainError, match="Otto Stern may not see this"):
        mentioned("What says @otto stern?", READERS, OTHERS)


def test_cuts_the_text_at_the_names():
    cut = pieces("Hi @Ben Osei, and @Ben.", ["Ben Osei"])
    assert [(one.text, one.is_mention) for one in cut] == [
        ("Hi ", False), ("@Ben Osei", True), (", and @Ben.", False),
    ]  # fmt: skip
    assert "".join(one.text for one in cut) == "Hi @Ben Osei, and @Ben."
