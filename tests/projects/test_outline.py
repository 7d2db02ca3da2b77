"""The plan stays a tree, whatever is done to it. Figures: docs/rules/projects.md, P-1."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.rules import outline
from projects.rules.outline import Node
from psa.core.errors import DomainError

MOBILISE, KICK_OFF, BLUEPRINT, BUILD = 1, 2, 3, 4
PLAN = [Node(MOBILISE, 1), Node(KICK_OFF, 2), Node(BLUEPRINT, 2), Node(BUILD, 1)]


def _outlines(nodes):
    return {row.key: row.outline for row in outline.numbered(nodes)}


def test_numbers_follow_the_tree():
    rows = outline.numbered(PLAN)
    assert [(r.outline, r.parent_key, r.is_summary) for r in rows] == [
        ("1", None, True),
        ("1.1", MOBILISE, False),
        ("1.2", MOBILISE, False),
        ("2", None, False),
    ]
    assert [r.position for r in rows] == [1, 2, 3, 4]


def test_indent_makes_it_the_last_subtask_of_the_row_above():
    assert _outlines(outline.indented(PLAN, BUILD))[BUILD] == "1.3"


def test_outdent_leaves_the_rest_with_its_parent():
    found = _outlines(outline.outdented(PLAN, KICK_OFF))
    assert found == {MOBILISE: "1", BLUEPRINT: "1.1", KICK_OFF: "2", BUILD: "3"}


def test_move_takes_subtasks_along():
    found = _outlines(outline.moved(PLAN, MOBILISE, down=True))
    assert found == {BUILD: "1", MOBILISE: "2", KICK_OFF: "2.1", BLUEPRINT: "2.2"}
    assert outline.moved(outline.moved(PLAN, MOBILISE, down=True), MOBILISE, down=False) == PLAN


def test_insert_goes_behind_the_subtasks_of_the_row():
    assert _outlines(outline.inserted(PLAN, 9, after=MOBILISE))[9] == "2"
    assert _outlines(outline.inserted(PLAN, 9, after=MOBILISE, child=True))[9] == "1.3"
    assert _outlines(outline.inserted(PLAN, 9, after=None))[9] == "3"


def test_refuses_a_task_under_itself():
    with pytest.raises(DomainError, match="under itself"):
        outline.placed_under(PLAN, MOBILISE, parent=KICK_OFF)


@pytest.mark.parametrize(
    ("edit", "key"),
    [
        (outline.indented, MOBILISE),
        (outline.indented, KICK_OFF),
        (outline.outdented, BUILD),
        (lambda nodes, key: outline.moved(nodes, key, down=True), BLUEPRINT),
        (lambda nodes, key: outline.moved(nodes, key, down=False), KICK_OFF),
    ],
)
def test_refuses_what_leads_nowhere(edit, key):
    with pytest.raises(DomainError):
        edit(PLAN, key)


def test_refuses_an_eleventh_level():
    deep = [Node(n, n) for n in range(1, 11)] + [Node(11, 10)]
    with pytest.raises(DomainError, match="10 levels"):
        outline.indented(deep, 11)
    with pytest.raises(DomainError, match="10 levels"):
        outline.numbered(outline.inserted(deep, 12, after=10, child=True))


def test_refuses_more_than_5000_tasks():
    outline.numbered([Node(n, 1) for n in range(5000)])
    with pytest.raises(DomainError, match="5,000"):
        outline.numbered([Node(n, 1) for n in range(5001)])


COMMANDS = st.lists(
    st.tuples(
        st.sampled_from(["add", "child", "indent", "outdent", "up", "down", "under", "delete"]),
        st.integers(min_value=0, max_value=10_000),
        st.integers(min_value=0, max_value=10_000),
    ),
    max_size=60,
)


def _applied(nodes, command, key, other, new_key):
    match command:
        case "add":
            return outline.inserted(nodes, new_key, after=key)
        case "child":
            return outline.inserted(nodes, new_key, after=key, child=True)
        case "indent":
            return outline.indented(nodes, key)
        case "outdent":
            return outline.outdented(nodes, key)
        case "under":
            return outline.placed_under(nodes, key, parent=other)
        case "delete":
            return outline.without(nodes, key) if len(nodes) > 8 else nodes
        case _:
            return outline.moved(nodes, key, down=command == "down")


@settings(max_examples=200, deadline=None)
@given(COMMANDS)
def test_any_edits_keep_a_tree_in_outline_order(commands):
    nodes = list(PLAN)
    for step, (command, first, second) in enumerate(commands):
        if not nodes:  # deleted with the one row that all stood under: it takes a first row again
            nodes = outline.inserted(nodes, 100 + step, after=None)
            continue
        key = nodes[first % len(nodes)].key
        other = nodes[second % len(nodes)].key
        before = {n.key for n in nodes}
        try:
            changed = _applied(nodes, command, key, other, 100 + step)
            rows = outline.numbered(changed)
        except DomainError:
            continue
        nodes = changed
        keys = [r.key for r in rows]
        assert len(keys) == len(set(keys))
        if command not in ("add", "child", "delete"):
            assert set(keys) == before
        by_key = {r.key: r for r in rows}
        numbers = [tuple(map(int, r.outline.split("."))) for r in rows]
        assert numbers == sorted(set(numbers))
        for row in rows:
            assert row.depth == len(row.outline.split(".")) <= outline.MAX_DEPTH
            if row.parent_key is None:
                assert row.depth == 1
            else:
                parent = by_key[row.parent_key]
                assert row.outline.rpartition(".")[0] == parent.outline
                assert parent.is_summary
                assert parent.position < row.position
        assert {r.key for r in rows if r.is_summary} == {
            r.parent_key for r in rows if r.parent_key is not None
        }


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans(), st.booleans()), max_size=30))
def test_many_insertions_at_once_are_those_one_by_one(wanted):
    one_by_one, additions = list(PLAN), []
    for key, (pick, at_end, is_child) in enumerate(wanted, start=100):
        after = None if at_end else one_by_one[pick % len(one_by_one)].key
        additions.append(outline.Addition(key, after, is_child))
        one_by_one = outline.inserted(one_by_one, key, after=after, child=is_child)
    assert outline.inserted_all(PLAN, additions) == one_by_one
