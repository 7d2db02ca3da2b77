from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.ledger import dimensions
        from psa.core.notifications import events

<<<<<<< HEAD
        from .events import ProjectEvent
=======
        from .events import NOTIFIED
>>>>>>> raid
        from .permissions import ProjectsPermission

        registry.register(ProjectsPermission)
        dimensions.register("project_id", "projects_project")
        dimensions.register("task_id", "projects_task")
        events.register(
<<<<<<< HEAD
            events.Event(
                ProjectEvent.FINISH_MOVED, "Leave or holidays move the finish of my project"
            )
=======
            *(events.Event(event, label, email=mails) for event, label, mails in NOTIFIED)
>>>>>>> raid
        )
