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
from psa.core.org.rules.parameters import BY_NAME, Parameter

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
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in values.items():
        if name not in BY_NAME:
            raise DomainError(f"There is no parameter “{name}”.")
        checked = _checked(BY_NAME[name], value)
        if checked != getattr(row, name):
            changes[name] = (getattr(row, name), checked)
    _check_bands(row, changes)
    if changes:
        TenantParameters.objects.filter(pk=row.pk).update(
            **{name: new for name, (_, new) in changes.items()}
        )
        words = ", ".join(BY_NAME[name].label.lower() for name in changes)
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
            record_id=TenantParameters.objects.values_list("pk", flat=True).get(),
            sentence=f"Changed rules of time entry: {', '.join(changes)}."[:400],
            changes=changes,
        )
    return changes


def _check_bands(row: TenantParameters, changes: dict[str, tuple[Any, Any]]) -> None:
    amber, red = (
        changes[name][1] if name in changes else getattr(row, name)
        for name in ("eac_amber_percent", "eac_red_percent")
    )
    if red <= amber:
        raise DomainError("Red has to start above amber.", "eac_red_percent")


def _checked(parameter: Parameter, value: Any) -> Any:
    name = parameter.name
    if parameter.kind == "choice" and str(value) not in dict(parameter.choices):
        raise DomainError(f"“{value}” is not one of the choices.", name)
    if parameter.kind == "currency":
        return currency_of(str(value)).code
    if parameter.kind == "yes_no":
        return bool(value)
    if parameter.kind == "choice" and not parameter.is_number:
        return str(value)
    number = Decimal(value)
    if not number.is_finite() or not parameter.lowest <= number <= parameter.highest:
        raise DomainError(f"Choose a value from {parameter.lowest} to {parameter.highest}.", name)
    return number if parameter.kind in ("decimal", "amount") else int(number)
