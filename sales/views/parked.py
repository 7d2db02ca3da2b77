"""The page of work over a contract's limits, where its manager picks what fills new room."""

from django.http import HttpResponse

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest
from sales.forms.parked import ReleaseForm
from sales.permissions import SalesPermission
from sales.selectors import parked as selectors
from sales.services import parked as services


@requires(SalesPermission.VIEW, SalesPermission.VIEW_OWN)
def parked(request: TenantRequest, contract_id: int) -> HttpResponse:
    """Limits with their use, the work above them oldest first, and releasing what is ticked."""
    page = selectors.parked_page(actor=request.actor, contract_id=contract_id)
    # Nothing ticked posts nothing, and is refused with words.
    typed = request.POST if request.method == "POST" else None
    form = ReleaseForm(typed, ids=[row.id for row in page.rows])
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.release_chosen_work(
                contract_id=contract_id,
                actual_ids=form.cleaned_data["actuals"],
                actor=request.actor,
                at=clock.now(),
                today_on=clock.today(),
            )
            return go_to(request, "sales:parked", contract_id, toast="Released")
    return render_form(
        request, form, page="sales/parked.html", part="sales/_parked.html", context={"page": page}
    )
