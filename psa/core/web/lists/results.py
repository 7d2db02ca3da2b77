"""What became of the rows of a bulk action: each by its name, the refused ones with their reason."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse

from psa.core.outcomes import Outcome
from psa.core.web.lists.spec import ListSpec
from psa.core.web.pages import render_page_or_part


def bulk_results(
    request: HttpRequest, spec: ListSpec, outcomes: Sequence[Outcome], *, done: str, back: str
) -> HttpResponse:
    """A dialog over the list, or without script a page that leads `back` to it.

    `done` says in a word or two what happened to the rows that were not refused, such as
    “Reminded”.
    """
    refused = [one for one in outcomes if not one.is_done]
    return render_page_or_part(
        request,
        "_lists/bulk_results.html",
        "_components/bulk_dialog.html",
        {
            "title": spec.title,
            "noun": spec.noun[1],
            "done_word": done,
            "done": [one for one in outcomes if one.is_done],
            "refused": refused,
            "refused_ids": ",".join(str(one.record_id) for one in refused),
            "back": back,
        },
    )
