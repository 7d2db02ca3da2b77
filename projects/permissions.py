from enum import StrEnum


class ProjectsPermission(StrEnum):
    VIEW = "projects.view"
    VIEW_OWN = "projects.view_own"
    VIEW_OWN_TASKS = "projects.view_own_tasks"
    CREATE = "projects.create"
    MANAGE_OWN = "projects.manage_own"
    MANAGE_ALL = "projects.manage_all"
    OVERRIDE_BUDGET = "projects.override_budget"
