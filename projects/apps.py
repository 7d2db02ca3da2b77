from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.ledger import dimensions
        from psa.core.notifications import events

        from .events import NOTIFIED
        from .permissions import ProjectsPermission

        registry.register(ProjectsPermission)
        dimensions.register("project_id", "projects_project")
        dimensions.register("task_id", "projects_task")
        events.register(
            *(events.Event(event, label, email=mails) for event, label, mails in NOTIFIED)
        )
