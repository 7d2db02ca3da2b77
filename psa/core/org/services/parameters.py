"""The tenant's policy: one row of typed columns, each change in the trail."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of
from psa.core.org.models import TenantParameters, TimeRule

CHOICES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "time_entry_mode": (("weekly", "Weekly"), ("daily", "Daily")),
    "missing_price_policy": (("block", "Block"), ("zero_and_flag", "Zero and flag")),
    "late_work_policy": (("open_period", "Post to the open period"), ("refuse", "Refuse")),
    "fx_policy": (("spot", "Spot on the work date"), ("fixed", "Fixed for the contract")),
    "budget_control": (("off", "Off"), ("warn", "Warn"), ("block", "Block")),
    "deployment_model": (
        ("lite", "Lite"),
        ("non_stocked", "Resource, non-stocked"),
        ("stocked", "Stocked"),
    ),
}
RANGES: Final[dict[str, tuple[Decimal, Decimal]]] = {
    "week_starts_on": (Decimal(0), Decimal(6)),
    "late_lock_business_days": (Decimal(0), Decimal(60)),
    "nte_warning_percent": (Decimal(0), Decimal(100)),
    "hours_per_day": (Decimal(1), Decimal(24)),
    "fx_max_age_days": (Decimal(0), Decimal(60)),
    "minimum_invoice_amount": (Decimal(0), Decimal(10) ** 12),
}
RULE_MODES: Final = (("off", "Off"), ("warn", "Warn"), ("block", "Block"))


def change_parameters(
    *, values: dict[str, Any], actor: Actor, at: datetime
) -> dict[str, tuple[Any, Any]]:
    """Set the parameters named in `values`; returns what changed, as name → (from, to).

    Raises  PermissionDenied; DomainError on the field for a value that is no choice or out of
            range.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row = TenantParameters.objects.select_for_update().get()
    known = {field.name for field in TenantParameters._meta.fields} - {"id", "tenant"}
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in values.items():
        if name not in known:
            raise DomainError(f"There is no parameter “{name}”.")
        checked = _checked(name, value)
        if checked != getattr(row, name):
            changes[name] = (getattr(row, name), checked)
    if changes:
        TenantParameters.objects.filter(pk=row.pk).update(
            **{name: new for name, (_, new) in changes.items()}
        )
        words = ", ".join(name.replace("_", " ") for name in changes)
        audit.record(
            actor=actor,
            at=at,
            event="org.parameters_changed",
            record_type="org.TenantParameters",
            record_id=row.pk,
            sentence=f"Changed parameters: {words}."[:400],
            changes=changes,
        )
    return changes


def set_time_rules(
    *, modes: dict[str, str], actor: Actor, at: datetime
) -> dict[str, tuple[str, str]]:
    """Switch rules of time and expense off, to warn, or to block; returns what changed.

    Raises  PermissionDenied; DomainError for an unknown rule or switch.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    rows = {row.code: row for row in TimeRule.objects.select_for_update()}
    changes: dict[str, tuple[str, str]] = {}
    for code, mode in modes.items():
        if code not in rows:
            raise DomainError(f"There is no rule “{code}”.")
        if mode not in dict(RULE_MODES):
            raise DomainError(f"A rule is off, warns or blocks; not “{mode}”.", f"rule_{code}")
        if rows[code].mode != mode:
            changes[code] = (rows[code].mode, mode)
            rows[code].mode = mode
    TimeRule.objects.bulk_update([rows[code] for code in changes], ["mode"])
    if changes:
        audit.record(
            actor=actor,
            at=at,
            event="org.time_rules_changed",
            record_type="org.TenantParameters",
            record_id=0,
            sentence=f"Changed rules of time entry: {', '.join(changes)}."[:400],
            changes=changes,
        )
    return changes


def _checked(name: str, value: Any) -> Any:
    if name in CHOICES and value not in dict(CHOICES[name]):
        raise DomainError(f"“{value}” is not one of the choices.", name)
    if name in RANGES:
        low, high = RANGES[name]
        number = Decimal(value)
        if not number.is_finite() or not low <= number <= high:
            raise DomainError(f"Choose a value from {low} to {high}.", name)
    if name == "fx_base_currency":
        return currency_of(str(value)).code
    return value
