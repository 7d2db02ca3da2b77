"""Endpoints of the room: projects, their plan and their team."""

<<<<<<< HEAD
from . import plan, plan_files, projects, schedule, team
from .area import endpoints

__all__ = ["endpoints", "plan", "plan_files", "projects", "schedule", "team"]
=======
from . import plan, projects, register, schedule, team
from .area import endpoints

__all__ = ["endpoints", "plan", "projects", "register", "schedule", "team"]
>>>>>>> raid
