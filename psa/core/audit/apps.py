from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "psa.core.audit"
    label = "audit"
