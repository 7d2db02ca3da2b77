from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.documents import registry as documents
        from psa.core.ledger import dimensions
        from psa.core.notifications import events
        from sales import planned_work

        from .events import NOTIFIED, PERSONAL
        from .permissions import ProjectsPermission
        from .record_fields import sees_project
        from .selectors.discussion import sees_task
        from .selectors.planned_work import planned_work as answer

        registry.register(ProjectsPermission)
        planned_work.register(answer)
        documents.register("projects.Project", can_see=sees_project)
        documents.register("projects.Task", can_see=sees_task)
        dimensions.register("project_id", "projects_project")
        dimensions.register("task_id", "projects_task")
        events.register(
            *(
                events.Event(event, label, email=mails, is_personal=event in PERSONAL)
                for event, label, mails in NOTIFIED
            )
        )
