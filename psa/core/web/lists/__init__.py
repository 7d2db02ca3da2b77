"""The one list: declared as a ListSpec, then filtered, sorted, paged, totalled and exported."""

from psa.core.web.lists.answer import list_page, selected_ids
from psa.core.web.lists.drawn import ListPage
from psa.core.web.lists.editing import edit_cell
from psa.core.web.lists.page import build_list
from psa.core.web.lists.results import bulk_results
from psa.core.web.lists.spec import (
    Action,
    BoolFilter,
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Edit,
    Empty,
    ListSpec,
    NumberFilter,
    TextFilter,
    View,
)

__all__ = [
    "Action",
    "BoolFilter",
    "BulkAction",
    "ChoiceFilter",
    "Column",
    "DateRangeFilter",
    "Edit",
    "Empty",
    "ListPage",
    "ListSpec",
    "NumberFilter",
    "TextFilter",
    "View",
    "build_list",
    "bulk_results",
    "edit_cell",
    "list_page",
    "selected_ids",
]
