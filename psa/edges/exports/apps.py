from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Lists that are too long for a page's answer, made into files by a job."""

    name = "psa.edges.exports"
    label = "exports"

    def ready(self) -> None:
        from psa.core.documents import registry
        from psa.edges.exports import jobs

        registry.register(jobs.RECORD, can_see=jobs.is_own, can_add=lambda actor, run_id: False)
