"""The name under which the sign-in library knows a tenant's provider: it says whose it is."""

import re

_SHAPE = re.compile(r"^t([1-9]\d{0,17})-p([1-9]\d{0,17})$")


def provider_id_of(tenant_id: int, row_id: int) -> str:
    """Such as ``t12-p5``; unique among all tenants."""
    return f"t{tenant_id}-p{row_id}"


def parts_of(provider_id: str) -> tuple[int, int] | None:
    """The tenant and the row that a name means, or None if it is not one of ours."""
    match = _SHAPE.match(provider_id)
    return (int(match[1]), int(match[2])) if match else None
