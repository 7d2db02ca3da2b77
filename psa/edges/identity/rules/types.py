"""What the rules of signing in speak about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """One way to sign in by a firm's own provider. `provider_id` is part of its address."""

    name: str
    tenant_name: str
    provider_id: str
