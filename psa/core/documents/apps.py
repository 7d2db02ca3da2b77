from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "psa.core.documents"
    label = "documents"
