"""Which contract line pays for a piece of work: the nearest link above its task.

A link names a project, a class of work, and a task with all below it, or the whole project. Tasks
are named by outline number (“3.2.1”), "" being the whole project. Worked examples:
docs/rules/projects.md, P-2.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

LinkKey = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class LineLink:
    """One link of a contract line; `outline` is "" for the whole project."""

    project_id: int
    outline: str
    transaction_class: str
    contract_line_id: int


def line_of(
    links: Mapping[LinkKey, int], *, project_id: int, outline: str, transaction_class: str
) -> int | None:
    """The contract line of work on a task; None if no link covers it.

    `links` maps (project, outline, class) to the line. The nearest link wins: the task's own, then
    those of the tasks above it from below, then the project's.
    Source  docs/rules/projects.md, P-2.
    """
    for above in _upwards(outline):
        line_id = links.get((project_id, above, transaction_class))
        if line_id is not None:
            return line_id
    return None


def conflicting(links: Iterable[LineLink], wanted: LineLink) -> LineLink | None:
    """The link that already gives some of the wanted work to a line, or None.

    Two links of one project and class conflict when their tasks are the same, or one lies above the
    other and they name different lines: a piece of work would belong to two. The whole project lies
    above every task.
    Source  docs/rules/projects.md, P-2.
    """
    for link in links:
        if (link.project_id, link.transaction_class) != (
            wanted.project_id,
            wanted.transaction_class,
        ):
            continue
        if link.outline == wanted.outline:
            return link
        if link.contract_line_id == wanted.contract_line_id:
            continue
        if link.outline in _upwards(wanted.outline) or wanted.outline in _upwards(link.outline):
            return link
    return None


def _upwards(outline: str) -> Iterator[str]:
    """The outline number, those above it, and at last "" for the project."""
    while outline:
        yield outline
        outline = outline.rpartition(".")[0]
    yield ""
