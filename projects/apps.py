from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "projects"

    def ready(self) -> None:
        from psa.core.access import registry

        from .permissions import ProjectsPermission

        registry.register(ProjectsPermission)
