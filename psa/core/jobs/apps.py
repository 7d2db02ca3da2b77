from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "psa.core.jobs"
    label = "jobs"
