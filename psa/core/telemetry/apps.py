from django.apps import AppConfig
from django.db.backends.signals import connection_created


class TelemetryConfig(AppConfig):
    """What the installation tells about itself: logs, metrics, slow statements."""

    name = "psa.core.telemetry"
    label = "telemetry"
    verbose_name = "Telemetry"

    def ready(self) -> None:
        from psa.core.telemetry import sign_ins, slow_queries, tasks  # noqa: F401  connect by import

        connection_created.connect(slow_queries.watch, dispatch_uid="psa.slow_queries")
