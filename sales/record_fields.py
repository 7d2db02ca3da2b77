"""Which records of sales carry custom fields, and who sees and changes them."""

from collections.abc import Callable

from django.urls import reverse

from psa.core.custom_fields.registry import RecordType, register

from .record_documents import RECORDS


def _address(url_name: str) -> Callable[[int], str]:
    return lambda record_id: reverse(url_name, args=[record_id])


for record_type, label, url_name in (
    ("sales.Account", "Account", "sales:account"),
    ("sales.Opportunity", "Opportunity", "sales:opportunity"),
    ("sales.Contract", "Contract", "sales:contract"),
):
    can_see, can_change = RECORDS[record_type]
    register(RecordType(record_type, label, _address(url_name), can_see, can_change))
