"""A day: the rows of the week on one day, with start and stop."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from psa.core.access.decorators import requires
from psa.core.web.formats import decimal_symbol
from psa.core.web.pages import render_page_or_part
from psa.core.web.requests import TenantRequest
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import people, weeks
from timeexpense.words import grid_words

from .weeks import added_rows, day_from, today_of


@require_GET
@requires(TimeExpensePermission.ENTER)
def day_log(request: TenantRequest, on: str | None = None) -> HttpResponse:
    """One day; saved cell by cell as in the week."""
    today = today_of(request)
    day = day_from(on, today)
    page = weeks.week_page(
        resource=people.my_resource(request.actor),  # type: ignore[attr-defined]
        on=day,
        today=today,
        added=added_rows(request),
    )
    number = page.week.days.index(day)
    context = {
        "page": page,
        "day": page.days[number],
        "day_rows": [(row, row.cells[number]) for row in page.rows],
        "previous": page.week.days[number - 1] if number else page.week.previous.last_on,
        "next": page.week.days[number + 1] if number < 6 else page.week.next.starts_on,
        "on": page.week.starts_on.isoformat(),
        "decimal_mark": decimal_symbol(),
        "words": grid_words(),
        "is_today": day == today,
    }
    return render_page_or_part(
        request, "timeexpense/day_log.html", "timeexpense/_day_log.html", context
    )
