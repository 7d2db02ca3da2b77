"""The scheduling engine: when each task can start and must finish. Pure: no rows, no clock.

`schedule(plan)` answers for a whole plan, `Scheduler` for a plan that is being edited. The algorithm
is written down in docs/rules/scheduling.md, with the figures that the tests use.
"""

from projects.rules.scheduling.graph import CircularPlan
from projects.rules.scheduling.scheduler import Scheduler, schedule
from projects.rules.scheduling.types import (
    NO_DELAY,
    Assigned,
    Constraint,
    Delay,
    Gaps,
    Lag,
    Link,
    LinkKind,
    Plan,
    PlanTask,
    Progress,
    Schedule,
    ScheduledTask,
    Warning_,
    WarningKind,
    kept_gaps,
)

__all__ = [
    "NO_DELAY",
    "Assigned",
    "CircularPlan",
    "Constraint",
    "Delay",
    "Gaps",
    "Lag",
    "Link",
    "LinkKind",
    "Plan",
    "PlanTask",
    "Progress",
    "Schedule",
    "ScheduledTask",
    "Scheduler",
    "WarningKind",
    "Warning_",
    "kept_gaps",
    "schedule",
]
