"""Firms that exist get what newer versions ship: permissions of default roles, templates, rules, accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from projects.services import templates
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.automation import shipped
from psa.core.custom_fields.services import definitions
from psa.core.org.models import TenantParameters
from psa.core.org.services import decisions
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from timeexpense.services import expense_categories, rate_tables

from . import shipped_accounts, time_rules
from .categories import seed_categories

# Raised with whatever firms that exist are to be given; new ones start with it.
LATEST: Final = 6


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What one firm was given; nothing if it was up to date."""

    slug: str
    permissions: tuple[tuple[str, str], ...] = ()
    template_count: int = 0
    rule_count: int = 0
    category_count: int = 0
    rate_count: int = 0
    account_count: int = 0
    switch_count: int = 0

    @property
    def words(self) -> str:
        """The sentence of it, for the trail and the command."""
        parts = [f"{name}: {permission}" for name, permission in self.permissions]
        for count, one, many in (
            (self.template_count, "template", "templates"),
            (self.rule_count, "rule", "rules"),
            (self.category_count, "kind of expense", "kinds of expense"),
            (self.rate_count, "published rate", "published rates"),
            (self.account_count, "account", "accounts"),
            (self.switch_count, "switch of a rule", "switches of rules"),
        ):
            if count:
                parts.append(counted(count, one, many))
        return ", ".join(parts) or "nothing new"


def bring_up_to_date(*, tenant_id: int, at: datetime) -> Upgraded:
    """Give a firm what the system ships since it was set up or brought up to date last.

    In a transaction of its own, under the lock of the firm's parameters; a second call does nothing.
    What the firm took away, switched off or deleted of an earlier version stays as it left it.
    """
    slug = Tenant.objects.values_list("slug", flat=True).get(pk=tenant_id)
    with tenant_scope(tenant_id):
        parameters = TenantParameters.objects.select_for_update().get()
        since = parameters.defaults_version
        if since >= LATEST:
            return Upgraded(slug)
        operator = actors.for_operator(tenant_id)
        done = Upgraded(
            slug,
            permissions=tuple(access.add_new_permissions(since=since)),
            template_count=templates.seed_templates(tenant_id=tenant_id, at=at),
            rule_count=shipped.seed_rules(tenant_id=tenant_id, at=at),
            category_count=_expense_kinds(tenant_id),
            rate_count=rate_tables.add_shipped(tenant_id=tenant_id),
            account_count=shipped_accounts.add_accounts(since=since, actor=operator, at=at),
            switch_count=time_rules.seed_switches(tenant_id=tenant_id),
        )
        definitions.seed_fields(tenant_id=tenant_id)
        decisions.retire_controls()
        parameters.defaults_version = LATEST
        parameters.save(update_fields=["defaults_version"])
        audit.record(
            actor=operator,
            at=at,
            event="setup.brought_up_to_date",
            record_type="tenancy.Tenant",
            record_id=tenant_id,
            sentence=f"Brought up to version {LATEST} of the shipped defaults: {done.words}.",
        )
        return done


def _expense_kinds(tenant_id: int) -> int:
    """Categories that are asked by their kind, where a firm was set up before there were any."""
    locale: str = Tenant.objects.values_list("locale", flat=True).get(pk=tenant_id)
    seed_categories(
        tenant_id=tenant_id,
        codes=expense_categories.SEEDED,
        language=locale.partition("-")[0],
    )
    return expense_categories.seed_kinds(tenant_id=tenant_id)
