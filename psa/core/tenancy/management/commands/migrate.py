"""Django's `migrate`, that draws a changed model anew and not the whole project around it.

Like our other commands it begins without the system checks, which load every page: `make check`
and each deployment run them by `manage.py check`.
"""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db.migrations.state import ProjectState

Key = tuple[str, str]


class Command(DjangoCommand):
    def handle(self, *args: Any, **options: Any) -> Any:
        ProjectState._find_reload_model = _to_draw_anew  # type: ignore[attr-defined]
        return super().handle(*args, **(options | {"skip_checks": True}))


def _to_draw_anew(state: Any, app_label: str, model_name: str, delay: bool = False) -> set[Key]:
    """The model that an operation changed, and those that point to it.

    Django adds whatever the model's own targets are related to, and from there on. Here each
    model belongs to a tenant, so that this is every model there is, once for each of 1,400
    operations: two minutes of an empty database's three. Statements need tables and columns,
    which do not change by that. A function of a migration (`RunPython`) does ask for
    related classes that are each other's; the mark has all drawn anew before one runs.
    """
    state.is_delayed = True
    found = {(app_label, model_name)}
    try:
        before = state.apps.get_model(app_label, model_name)
    except LookupError:
        return found
    for field in before._meta.get_fields(include_hidden=True):
        if field.auto_created and field.is_relation and not isinstance(field.related_model, str):
            options = field.related_model._meta
            found.add((options.app_label, options.model_name))
    return found
