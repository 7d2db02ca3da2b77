"""Setting tenants up: `create_tenant` is the base of the demo firm and of every test's firm."""

from .tenants import NewAccount, NewEntity, add_entity, create_tenant

__all__ = ["NewAccount", "NewEntity", "add_entity", "create_tenant"]
