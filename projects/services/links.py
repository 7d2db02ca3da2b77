"""Which contract line pays for which work."""

from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger.rules.types import TransactionClass
from sales.models import ContractLine

from ..events import ProjectEvent
from ..models import ContractLineLink, Project, Task
from ..rules.contract_lines import LineLink, conflicting
from .locking import lock_project, task_of

RECORD = "projects.Project"
_CLASSES = frozenset(c.value for c in TransactionClass)


@transaction.atomic
def link_contract_line(
    *,
    project_id: int,
    contract_line_id: int,
    transaction_class: str,
    actor: Actor,
    at: datetime,
    task_id: int | None = None,
) -> ContractLineLink:
    """Let a contract line pay for a class of work on a task and all below it, or the project.

    A project without a contract takes the line's; all its lines are of one contract.
    Raises  NotFound, PermissionDenied; Conflict naming both lines if some of that work belongs to
            another line already; DomainError.
    Source  docs/rules/projects.md, P-2.
    """
    project = lock_project(actor=actor, project_id=project_id)
    if transaction_class not in _CLASSES:
        raise DomainError("This is not a class of work.", field="transaction_class")
    line = _line(contract_line_id)
    if project.is_internal:
        raise DomainError(f"{project.code} is internal: no contract pays for it.")
    if project.contract_id is not None and project.contract_id != line.contract_id:
        raise DomainError(
            f"“{line.name}” is a line of contract {line.contract.number}, but {project.code} "
            "belongs to another contract.",
            field="contract_line",
        )
    if line.transaction_classes and transaction_class not in line.transaction_classes:
        raise DomainError(
            f"“{line.name}” does not pay for {transaction_class}.", field="transaction_class"
        )
    task = task_of(project, task_id) if task_id is not None else None
    wanted = LineLink(project.pk, task.outline if task else "", transaction_class, line.pk)
    _check_free(project, wanted, line, task)
    link: ContractLineLink = ContractLineLink.objects.create(
        tenant_id=actor.tenant_id,
        project=project,
        task=task,
        transaction_class=transaction_class,
        contract_line=line,
    )
    if project.contract_id is None:
        project.contract_id, project.account_id = line.contract_id, line.contract.account_id
        project.save(update_fields=["contract", "account"])
    where = f"task {task}" if task else "the whole project"
    audit.record(
        actor=actor, at=at, event=ProjectEvent.LINE_LINKED, record_type=RECORD,
        record_id=project.pk,
        sentence=f"let “{line.name}” pay for {transaction_class} on {where}",
    )  # fmt: skip
    return link


@transaction.atomic
def unlink_contract_line(*, project_id: int, link_id: int, actor: Actor, at: datetime) -> None:
    """Take a link away; work posted under it stays with its line.

    Raises  NotFound, PermissionDenied.
    """
    project = lock_project(actor=actor, project_id=project_id)
    link = (
        ContractLineLink.objects.select_related("contract_line")
        .filter(project=project, id=link_id)
        .first()
    )
    if link is None:
        raise NotFound(f"Project {project.code} has no such link.")
    name = link.contract_line.name
    link.delete()
    audit.record(
        actor=actor, at=at, event=ProjectEvent.LINE_UNLINKED, record_type=RECORD,
        record_id=project.pk, sentence=f"removed the link to “{name}”",
    )  # fmt: skip


def _line(contract_line_id: int) -> ContractLine:
    line: ContractLine | None = (
        ContractLine.objects.select_related("contract").filter(id=contract_line_id).first()
    )
    if line is None:
        raise NotFound("There is no such contract line.", field="contract_line")
    return line


def _check_free(project: Project, wanted: LineLink, line: ContractLine, task: Task | None) -> None:
    rows = ContractLineLink.objects.filter(
        project=project, transaction_class=wanted.transaction_class
    ).values_list("task__outline", "contract_line_id", "contract_line__name")
    names = {line_id: name for _, line_id, name in rows}
    links = [
        LineLink(project.pk, outline or "", wanted.transaction_class, line_id)
        for outline, line_id, _ in rows
    ]
    other = conflicting(links, wanted)
    if other is None:
        return
    where = f"task {other.outline}" if other.outline else "the whole project"
    raise Conflict(
        f"{wanted.transaction_class.capitalize()} on {where} belongs to "
        f"“{names[other.contract_line_id]}” already, so “{line.name}” cannot pay for "
        f"{task or 'the whole project'} too. Remove one link first.",
        field="contract_line",
    )
