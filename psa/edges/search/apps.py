from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Finding any record by what people remember of it."""

    name = "psa.edges.search"
    label = "search"
