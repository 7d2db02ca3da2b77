"""Pages of custom fields: definitions, and the values of a record as a part for its page."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.access.permissions import AccessPermission
from psa.core.custom_fields import forms, registry, selectors
from psa.core.custom_fields import lists_of_fields as specs
from psa.core.custom_fields.services import definitions, values
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def field_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, specs.FIELDS, selectors.definitions(actor=request.actor))


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def field_create(request: TenantRequest) -> HttpResponse:
    form = forms.Definition(request.POST or None)
    return _save(request, None, form, "New field")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def field(request: TenantRequest, field_id: int) -> HttpResponse:
    row = selectors.get_field(actor=request.actor, field_id=field_id)
    names = set(forms.Definition.base_fields) - {"choices"}
    initial = {name: getattr(row, name) for name in names}
    initial["choices"] = "\n".join(one.label for one in selectors.choices_of(row) if one.is_active)
    form = forms.Definition(request.POST or None, initial=initial)
    return _save(request, field_id, form, row.label)


def _save(
    request: TenantRequest, field_id: int | None, form: forms.Definition, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            definitions.save_field(
                field_id=field_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "custom_fields:field_list", toast="Field saved")
    back = reverse("custom_fields:field_list")
    return render_form(
        request,
        form,
        page="_form.html",
        part="_components/form_part.html",
        context={
            "title": title,
            "submit": "Save field",
            "cancel_url": back,
            "crumbs": [("Custom fields", back)],
        },
    )


@require_GET
@for_every_member
def of_record(request: TenantRequest, record_type: str, record_id: int) -> HttpResponse:
    """The fields of a record; its page loads them with hx-get."""
    shown = selectors.shown_fields(
        actor=request.actor, record_type=record_type, record_id=record_id
    )
    known = registry.get(record_type)
    return render_page_or_part(
        request,
        "custom_fields/fields_of_record.html",
        "custom_fields/_fields_of_record.html",
        {
            "fields": shown,
            "record_type": record_type,
            "record_id": record_id,
            "may_change": known.can_change(request.actor, record_id),
        },
    )


@require_http_methods(["GET", "POST"])
@for_every_member
def values_edit(request: TenantRequest, record_type: str, record_id: int) -> HttpResponse:
    known = registry.check_can_change(
        actor=request.actor, record_type=record_type, record_id=record_id
    )
    back = known.url(record_id)
    form = forms.Values(
        request.POST or None,
        fields=selectors.fields_of(record_type),
        known=selectors.stored_values(record_type, [record_id]).get(record_id, {}),
        members=selectors.members(),
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            values.set_values(
                record_type=record_type,
                record_id=record_id,
                values=form.cleaned_data,
                actor=request.actor,
                at=clock.now(),
            )
            return go_to_url(request, back, toast="Saved")
    return render_form(
        request,
        form,
        page="_form.html",
        part="_components/form_part.html",
        context={
            "title": "More fields",
            "submit": "Save",
            "cancel_url": back,
            "crumbs": [(known.label, back)],
        },
    )
