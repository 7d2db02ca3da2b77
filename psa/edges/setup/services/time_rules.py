"""The switches of the rules of time and expense that a firm has."""

from psa.core.org.models import TimeRule

from .. import default_policies


def seed_switches(*, tenant_id: int) -> int:
    """Add the switches that are missing, at their defaults; how many were. Two queries.

    Nobody can delete one, so what is missing is of a later version than the firm.
    """
    known = set(TimeRule.objects.values_list("code", flat=True))
    missing = [
        TimeRule(tenant_id=tenant_id, code=code, mode=mode)
        for code, mode in default_policies.TIME_RULES.items()
        if code not in known
    ]
    return len(TimeRule.objects.bulk_create(missing))
