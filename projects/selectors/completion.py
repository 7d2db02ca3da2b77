"""Whether tasks are finished: a leaf when it was completed, a summary when all below it were."""

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat

from ..models import Task


def is_finished(path: str = "") -> Q:
    """Of tasks, or of rows that name one (`path` ending in “__”), those that are finished.

    Source  docs/rules/projects.md, P-1.
    """
    below = Task.objects.filter(
        project_id=OuterRef(f"{path}project_id"),
        outline__startswith=Concat(OuterRef(f"{path}outline"), Value(".")),
        is_summary=False,
        is_active=True,
    )
    all_below = Exists(below) & ~Exists(below.filter(is_completed=False))
    leaf = Q(**{f"{path}is_summary": False, f"{path}is_completed": True})
    return leaf | (Q(**{f"{path}is_summary": True}) & Q(all_below))
