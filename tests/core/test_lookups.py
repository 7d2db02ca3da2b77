"""`__in` with many ids: one array, and the same rows as with a list."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.core.org.models import JobRole, Resource
from psa.core.tenancy.lookups import FROM_VALUES
from tests.factories import Firm


@pytest.mark.parametrize("make", [list, tuple, set, frozenset])
def test_finds_the_same_rows_by_many_ids_as_by_few(acme: Firm, make: type) -> None:
    with acme.scope():
        known = set(Resource.objects.values_list("pk", flat=True))
        roles = set(Resource.objects.values_list("job_role_id", flat=True))
        nobody = range(10**12, 10**12 + FROM_VALUES)
        with CaptureQueriesContext(connection) as told:
            many = set(
                Resource.objects.filter(pk__in=make([*known, *nobody])).values_list("pk", flat=True)
            )
            by_role = Resource.objects.filter(job_role_id__in=make([*roles, *nobody])).count()
            across = Resource.objects.filter(job_role__in=make([*roles, *nobody])).count()
            others = Resource.objects.exclude(pk__in=make([*known, *nobody])).count()
    assert many == known
    assert by_role == across == len(known)
    assert others == 0
    assert all("= ANY(" in query["sql"] for query in told.captured_queries)


def test_leaves_what_is_no_list_of_many_numbers_as_it_is(acme: Firm) -> None:
    with acme.scope():
        roles = list(JobRole.objects.all())
        everyone = Resource.objects.filter(job_role__in=roles * FROM_VALUES).count()
        nested = Resource.objects.filter(job_role__in=JobRole.objects.all()).count()
        texts = [str(pk) for pk in Resource.objects.values_list("pk", flat=True)] * FROM_VALUES
        by_text = Resource.objects.filter(pk__in=texts).count()
        none = list(Resource.objects.filter(pk__in=[]))
        with pytest.raises(ValueError, match="expected a number"):
            Resource.objects.filter(pk__in=["x"] * FROM_VALUES)
    assert everyone == nested == by_text > 0
    assert none == []
