from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.ledger import dimensions
        from psa.core.notifications import events

        from .events import ProjectEvent
        from .permissions import ProjectsPermission

        registry.register(ProjectsPermission)
        dimensions.register("project_id", "projects_project")
        dimensions.register("task_id", "projects_task")
        events.register(events.Event(ProjectEvent.FORECAST_DUE, "The weekly forecast is due"))
