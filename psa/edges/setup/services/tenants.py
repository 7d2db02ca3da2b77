"""Making a tenant: everything a firm needs before its first entry, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError

from billing.models import TaxCode, TaxRate
from projects.services import templates
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.access.middleware import GLOBAL_PATHS
from psa.core.audit import services as audit
from psa.core.automation import shipped
from psa.core.custom_fields.services import definitions
from psa.core.documents.language import ENGLISH, language_of
from psa.core.errors import Conflict, DomainError
from psa.core.ledger.models import LedgerAccount, PostingProfile
from psa.core.ledger.services import periods
from psa.core.money.rounding import currency_of
from psa.core.org.models import (
    EntityBankAccount,
    JobRole,
    LegalEntity,
    OrgUnit,
    TenantParameters,
    WorkCalendar,
)
from psa.core.org.rules.deployment import DeploymentModel
from psa.core.org.services import calendars, decisions
from psa.core.pricing.models import PricingDimension
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup import default_chart, default_policies
from psa.edges.setup.services import categories, time_rules, upgrades
from psa.edges.setup.shipped_names import named
from sales.models import OpportunityStage
from timeexpense.services import expense_categories, rate_tables

TAX_FROM = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A bank account beside an entity's main one, into which its currency is paid."""

    name: str
    currency: str
    bank_name: str
    bank_iban: str
    bank_bic: str = ""


@dataclass(frozen=True, slots=True)
class NewEntity:
    """A legal entity to make, with its root unit, calendar, periods and tax codes.

    `subdivision` is the region whose public holidays count too ("BY" for Bavaria).
    """

    code: str
    name: str
    currency: str
    country: str
    subdivision: str = ""
    time_zone: str = "UTC"
    unit_name: str = ""
    address: str = ""
    tax_id: str = ""
    registration: str = ""
    email: str = ""
    bank_name: str = ""
    bank_iban: str = ""
    bank_bic: str = ""
    more_accounts: Sequence[NewAccount] = ()
    fiscal_year_start_month: int = 1
    language: str = ENGLISH


def create_tenant(
    *,
    slug: str,
    name: str,
    currency: str,
    entities: Sequence[NewEntity],
    years: Sequence[int],
    at: datetime,
    locale: str = "en-gb",
    accent: str = "blue",
    is_demo: bool = False,
    model: DeploymentModel = DeploymentModel.NON_STOCKED,
) -> Tenant:
    """Make a tenant that can work: parameters, security roles, chart, profiles, stages, categories.

    What is made is called in the language of `locale` (docs/adr/0093). Each entity gets a root unit,
    a calendar with public holidays, and monthly open periods and holidays for `years`. Runs in a
    transaction of its own, or in the caller's.
    Raises  Conflict if the short name is taken; DomainError if it is an address of the application,
            for an unknown currency or country, or no entity.
    """
    if not entities:
        raise DomainError("A tenant needs at least one legal entity.", "entities")
    if slug in GLOBAL_PATHS:
        raise DomainError(
            f"“{slug}” is an address of the application itself. Choose another.", "slug"
        )
    if Tenant.objects.filter(slug=slug).exists():
        raise Conflict(f"The short name “{slug}” is taken. Choose another.", "slug")
    tenant = Tenant(
        slug=slug,
        name=name.strip(),
        currency=currency_of(currency).code,
        locale=locale,
        accent=accent,
        is_demo=is_demo,
        created_at=at,
    )
    _check_fields(tenant)
    tenant.save(force_insert=True)
    with tenant_scope(tenant.pk):
        actor = actors.for_operator(tenant.pk)
        access.seed_default_roles(tenant_id=tenant.pk)
        _seed_policies(tenant, model)
        _seed_books(tenant)
        expense_categories.seed_kinds(tenant_id=tenant.pk)
        rate_tables.load_shipped(actor=actor, at=at)
        shipped.seed_rules(tenant_id=tenant.pk, at=at)
        definitions.seed_fields(tenant_id=tenant.pk)
        templates.seed_templates(tenant_id=tenant.pk, at=at)
        for entity in entities:
            add_entity(tenant_id=tenant.pk, entity=entity, years=years)
        audit.record(
            actor=actor,
            at=at,
            event="setup.tenant_created",
            record_type="tenancy.Tenant",
            record_id=tenant.pk,
            sentence=f"Created {tenant.name} with the legal entities "
            f"{', '.join(entity.code for entity in entities)}.",
        )
    return tenant


def add_entity(*, tenant_id: int, entity: NewEntity, years: Sequence[int]) -> LegalEntity:
    """Make a legal entity with its root unit, calendar, fiscal periods and tax codes.

    To be called inside the tenant's scope. Raises  Conflict if the code is taken; DomainError for
    an unknown currency or a country without known public holidays.
    """
    if LegalEntity.objects.filter(code=entity.code).exists():
        raise Conflict(f"There is a legal entity with the code “{entity.code}” already.", "code")
    made: LegalEntity = LegalEntity.objects.create(
        tenant_id=tenant_id,
        code=entity.code,
        name=entity.name,
        currency=currency_of(entity.currency).code,
        country=entity.country,
        address=entity.address,
        tax_id=entity.tax_id,
        registration=entity.registration,
        email=entity.email,
        bank_name=entity.bank_name,
        bank_iban=entity.bank_iban,
        bank_bic=entity.bank_bic,
        fiscal_year_start_month=entity.fiscal_year_start_month,
        time_zone=entity.time_zone,
        language=language_of(entity.language),
        invoice_prefix=entity.code,
    )
    EntityBankAccount.objects.bulk_create(
        EntityBankAccount(
            tenant_id=tenant_id, legal_entity=made, name=one.name, currency=one.currency,
            bank_name=one.bank_name, bank_iban=one.bank_iban, bank_bic=one.bank_bic,
            is_default=True,
        )
        for one in entity.more_accounts
    )  # fmt: skip
    OrgUnit.objects.create(
        tenant_id=tenant_id,
        legal_entity=made,
        code=entity.code,
        name=entity.unit_name or entity.name,
    )
    _ensure_calendar(tenant_id, entity, years)
    if years:
        periods.add_periods(
            tenant_id=tenant_id,
            legal_entity_id=made.pk,
            from_on=date(min(years), 1, 1),
            until_on=date(max(years) + 1, 1, 1),
        )
    _seed_tax_codes(tenant_id, made)
    return made


def _check_fields(tenant: Tenant) -> None:
    try:
        tenant.full_clean(exclude=["created_at"])
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise DomainError(f"{field}: {messages[0]}", field) from None


def _ensure_calendar(tenant_id: int, entity: NewEntity, years: Sequence[int]) -> WorkCalendar:
    name = calendars.default_name(entity.country, entity.subdivision)
    found: WorkCalendar | None = WorkCalendar.objects.filter(name=name).first()
    if found is not None:
        return found
    return calendars.create_calendar(
        tenant_id=tenant_id,
        name=name,
        country=entity.country,
        subdivision=entity.subdivision,
        time_zone=entity.time_zone,
        years=years,
    )


def _seed_policies(tenant: Tenant, model: DeploymentModel) -> None:
    language = tenant.locale.partition("-")[0]
    TenantParameters.objects.create(
        tenant_id=tenant.pk, defaults_version=upgrades.LATEST, deployment_model=model
    )
    decisions.seed_controls(tenant_id=tenant.pk)
    time_rules.seed_switches(tenant_id=tenant.pk)
    OpportunityStage.objects.bulk_create(
        OpportunityStage(
            tenant_id=tenant.pk,
            code=stage.code,
            name=named(stage.name, language),
            position=position,
            probability_percent=stage.probability_percent,
            outcome=stage.outcome,
        )
        for position, stage in enumerate(default_policies.OPPORTUNITY_STAGES, start=1)
    )
    JobRole.objects.bulk_create(
        JobRole(
            tenant_id=tenant.pk,
            code=role.code,
            name=named(role.name, language),
            billing_type=role.billing_type,
            target_utilisation_percent=role.target_utilisation_percent,
        )
        for role in default_policies.JOB_ROLES
    )
    categories.seed_categories(
        tenant_id=tenant.pk,
        codes=[one.code for one in default_policies.CATEGORIES],
        language=language,
    )
    PricingDimension.objects.bulk_create(
        PricingDimension(
            tenant_id=tenant.pk,
            code=dimension.code,
            name=dimension.name,
            priority=dimension.priority,
            source=dimension.source,
        )
        for dimension in default_policies.PRICING_DIMENSIONS
    )


def _seed_books(tenant: Tenant) -> None:
    language = tenant.locale.partition("-")[0]
    accounts = {
        row.code: row
        for row in LedgerAccount.objects.bulk_create(
            LedgerAccount(
                tenant_id=tenant.pk,
                code=account.code,
                name=named(account.name, language),
                kind=account.kind,
                is_monetary=account.is_monetary,
            )
            for account in default_chart.ACCOUNTS
        )
    }
    rows = {("", slot): code for slot, code in default_chart.PROFILES.items()}
    rows |= default_chart.EVENT_PROFILES
    PostingProfile.objects.bulk_create(
        PostingProfile(tenant_id=tenant.pk, event=event, slot=slot, account=accounts[code])
        for (event, slot), code in rows.items()
    )


def _seed_tax_codes(tenant_id: int, entity: LegalEntity) -> None:
    defaults = default_policies.TAX_CODES.get(
        entity.country, default_policies.OTHER_COUNTRY_TAX_CODES
    )
    codes = TaxCode.objects.bulk_create(
        TaxCode(
            tenant_id=tenant_id,
            legal_entity=entity,
            code=tax.code,
            name=tax.name,
            treatment=tax.treatment,
            note=tax.note,
            is_default=tax.is_default,
            supply=tax.supply,
        )
        for tax in defaults
    )
    TaxRate.objects.bulk_create(
        TaxRate(
            tenant_id=tenant_id, tax_code=code, tax_percent=tax.tax_percent, valid_from=TAX_FROM
        )
        for code, tax in zip(codes, defaults, strict=True)
    )
