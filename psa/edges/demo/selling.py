"""How the demo firm's engagements come about: opportunity, estimate, quote, win, project, team."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from billing.models import TaxCode
from projects.models import Project, Task
from projects.services import projects, tasks, team
from projects.services.task_values import NewTask
from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org.models import JobRole, LegalEntity, OrgUnit, Resource
from psa.edges.lifecycle import services as lifecycle
from psa.edges.lifecycle.services import NewProject
from sales.models import Account, Opportunity, OpportunityStage
from sales.services import accounts, estimates, opportunities, quotes, sending
from sales.services.accounts import AccountFacts
from sales.services.estimates import DetailInput
from sales.services.opportunities import OpportunityFacts
from sales.services.quotes import LineTermsInput, MilestoneInput

from .engagements import CUSTOMERS, ENTITY_OF_COUNTRY, INTERNAL, Customer, Deal
from .firm import cast_actor, instant

MIX = (("pm", 12), ("architect", 14), ("senior", 30), ("developer", 44))


def add_customers(*, tenant_id: int, on: date) -> None:
    """The firm's customers, owned by the account manager."""
    amara = cast_actor("Amara Nwosu")
    for customer in CUSTOMERS:
        accounts.create_account(
            facts=AccountFacts(
                name=customer.name, country=customer.country, currency=customer.currency,
                kind=Account.Kind.CUSTOMER, legal_name=customer.name, address=customer.address,
                industry=customer.industry, email=_email_of(customer), owner_id=amara.membership_id,
            ),
            is_no_duplicate=True, actor=amara, at=instant(on, 9),
        )  # fmt: skip


def win_deal(*, tenant_id: int, deal: Deal, rng: Random) -> int:
    """One engagement from opportunity to staffed project; returns the project's id.

    The account manager sells it, and the operator staffs it on behalf of whoever manages it.
    """
    amara, operator = cast_actor("Amara Nwosu"), actors.for_operator(tenant_id)
    signed_on = deal.starts_on - timedelta(days=14)
    entity = LegalEntity.objects.get(code=ENTITY_OF_COUNTRY[deal.customer.country])
    unit = OrgUnit.objects.get(legal_entity=entity, parent__isnull=True)
    opportunity = opportunities.create_opportunity(
        facts=_facts(deal, unit, signed_on), actor=amara, at=instant(signed_on, 9)
    )
    quote = quotes.create_quote(
        opportunity_id=opportunity.pk, scope=f"{deal.name} for {deal.customer.name}: "
        + ", ".join(deal.phases) + ".", actor=amara, at=instant(signed_on, 10),
    )  # fmt: skip
    for terms in _lines(deal, entity):
        line = quotes.add_line(
            quote_id=quote.pk, terms=terms, actor=amara, at=instant(signed_on, 11)
        )
        _estimate(line.pk, terms, deal, unit, amara, signed_on)
        if terms.billing_method == "fixed_price":
            quotes.set_milestones(
                line_id=line.pk, milestones=_milestones(deal, terms), actor=amara,
                at=instant(signed_on, 12),
            )  # fmt: skip
    sending.send_quote(quote_id=quote.pk, actor=amara, at=instant(signed_on, 13))
    manager = _manager(entity, deal.number)
    won = lifecycle.win_quote(
        quote_id=quote.pk, pricing_choice="share_lists",
        project=NewProject(deal.name, manager.pk, deal.starts_on), at=instant(signed_on, 15),
        won_on=signed_on, actor=amara,
    )  # fmt: skip
    assert won.project_id is not None  # asked for above
    _plan(won.project_id, deal, operator)
    _staff(won.project_id, deal, entity, manager, operator, rng)
    return won.project_id


def open_deal(*, deal: Deal, stage_code: str) -> Opportunity:
    """A deal still in the making: an opportunity with an estimated draft quote."""
    amara = cast_actor("Amara Nwosu")
    entity = LegalEntity.objects.get(code=ENTITY_OF_COUNTRY[deal.customer.country])
    unit = OrgUnit.objects.get(legal_entity=entity, parent__isnull=True)
    on = deal.starts_on - timedelta(days=45)
    opportunity = opportunities.create_opportunity(
        facts=_facts(deal, unit, deal.starts_on), actor=amara, at=instant(on, 9)
    )
    quote = quotes.create_quote(
        opportunity_id=opportunity.pk, scope=f"{deal.name}: {', '.join(deal.phases)}.",
        actor=amara, at=instant(on, 10),
    )  # fmt: skip
    for terms in _lines(deal, entity)[:1]:
        line = quotes.add_line(quote_id=quote.pk, terms=terms, actor=amara, at=instant(on, 11))
        _estimate(line.pk, terms, deal, unit, amara, on)
    stage = OpportunityStage.objects.get(code=stage_code)
    if opportunity.stage_id != stage.pk:
        opportunities.move_opportunity(
            opportunity_id=opportunity.pk, stage_id=stage.pk, actor=amara, at=instant(on, 12)
        )
    return opportunity


def add_internal_projects(*, tenant_id: int, starts_on: date) -> None:
    """Where everybody's unbilled hours go; the whole firm is on the team."""
    operator = actors.for_operator(tenant_id)
    manager = Resource.objects.get(name="Nadia Farouk")
    everybody = Resource.objects.exclude(kind="contractor")
    for name in INTERNAL:
        project = projects.create_project(
            name=name, manager_id=manager.pk, starts_on=starts_on, is_internal=True,
            actor=operator, at=instant(starts_on, 9),
        )  # fmt: skip
        projects.change_status(
            project_id=project.pk, status=Project.Status.IN_DELIVERY, actor=operator,
            at=instant(starts_on, 9),
        )  # fmt: skip
        for person in everybody:
            team.add_team_member(
                project_id=project.pk, resource_id=person.pk, valid_from=starts_on,
                actor=operator, at=instant(starts_on, 9),
            )  # fmt: skip


def _facts(deal: Deal, unit: OrgUnit, close_on: date) -> OpportunityFacts:
    return OpportunityFacts(
        name=deal.name, account_id=Account.objects.get(name=deal.customer.name).pk,
        contracting_unit_id=unit.pk, currency=deal.customer.currency, close_on=close_on,
        estimated_amount=Decimal(60000 * deal.team_size), needed_by_on=deal.ends_on,
        source="Existing customer",
    )  # fmt: skip


def _hours(deal: Deal) -> int:
    months = max(1, (deal.ends_on - deal.starts_on).days // 30)
    return deal.team_size * months * 190


def _lines(deal: Deal, entity: LegalEntity) -> list[LineTermsInput]:
    """The contract's lines; a fixed price is about a third of what the time would come to."""
    tax_code = TaxCode.objects.get(legal_entity=entity, is_default=True).code
    worth = _rounded(Decimal(_hours(deal)) * _hour_worth(deal.customer.currency))
    found = []
    if deal.has_time_line:
        found.append(
            LineTermsInput(
                name="Delivery", billing_method="time_and_material", starts_on=deal.starts_on,
                ends_on=deal.ends_on, tax_code=tax_code,
                transaction_classes=(TransactionClass.TIME, TransactionClass.EXPENSE),
                not_to_exceed_amount=_rounded(worth * Decimal("0.9")) if deal.has_limit else None,
            )
        )  # fmt: skip
    if deal.has_fixed_line:
        found.append(
            LineTermsInput(
                name="Fixed-price work package", billing_method="fixed_price",
                starts_on=deal.starts_on, ends_on=deal.ends_on, tax_code=tax_code,
                value_amount=_rounded(worth / 3),
            )
        )  # fmt: skip
    if deal.has_retainer_line:
        found.append(
            LineTermsInput(
                name="Support retainer", billing_method="retainer", starts_on=deal.starts_on,
                ends_on=deal.ends_on, tax_code=tax_code,
                retainer_amount=_rounded(60 * _hour_worth(deal.customer.currency)),
                retainer_minutes=60 * 60, retainer_overage_policy="carry_forward",
                retainer_underuse_policy="expire",
            )
        )  # fmt: skip
    return found


def _estimate(
    line_id: int, terms: LineTermsInput, deal: Deal, unit: OrgUnit, actor: Actor, on: date
) -> None:
    roles = {role.code: role.pk for role in JobRole.objects.all()}
    share = {
        "time_and_material": Decimal(1), "fixed_price": Decimal(1) / 3, "retainer": Decimal(1) / 6,
    }  # fmt: skip
    hours = Decimal(_hours(deal)) * share[terms.billing_method]
    for code, percent in MIX:
        estimates.add_detail(
            line_id=line_id,
            detail=DetailInput(
                starts_on=deal.starts_on, role_id=roles[code], resourcing_unit_id=unit.pk,
                minutes=int(hours * percent / 100) * 60,
            ),
            actor=actor, at=instant(on, 11),
        )  # fmt: skip


def _milestones(deal: Deal, terms: LineTermsInput) -> list[MilestoneInput]:
    half = _rounded(terms.value_amount * Decimal("0.4"))
    middle = deal.starts_on + (deal.ends_on - deal.starts_on) / 2
    return [
        MilestoneInput(f"{deal.phases[0]} accepted", middle, half),
        MilestoneInput(f"{deal.phases[-1]} accepted", deal.ends_on, terms.value_amount - half),
    ]


def _manager(entity: LegalEntity, number: int) -> Resource:
    managers = list(
        Resource.objects.filter(
            org_unit__legal_entity=entity,
            membership__role_links__role__code="project_manager",
        ).order_by("code")
    )
    return managers[number % len(managers)]


def _plan(project_id: int, deal: Deal, operator: Actor) -> None:
    """The phases as tasks, one after another over the project's time."""
    at = instant(deal.starts_on, 9)
    first = Task.objects.filter(project_id=project_id).count()
    length = (deal.ends_on - deal.starts_on) / len(deal.phases)
    if not first:
        tasks.add_tasks(
            project_id=project_id,
            tasks=[
                NewTask(
                    name=phase, effort_minutes=_hours(deal) * 60 // len(deal.phases),
                    starts_on=deal.starts_on + length * i,
                    finishes_on=deal.starts_on + length * (i + 1),
                )
                for i, phase in enumerate(deal.phases)
            ],
            actor=operator, at=at,
        )  # fmt: skip
    projects.change_status(
        project_id=project_id, status=Project.Status.IN_DELIVERY, actor=operator, at=at
    )


def _staff(
    project_id: int,
    deal: Deal,
    entity: LegalEntity,
    manager: Resource,
    operator: Actor,
    rng: Random,
) -> None:
    """The manager and people of the entity, with one colleague from elsewhere."""
    at = instant(deal.starts_on, 10)
    able = list(
        Resource.objects.exclude(job_role__code="office")
        .exclude(pk=manager.pk)
        .select_related("org_unit")
        .order_by("code")
    )
    own = [p for p in able if p.org_unit.legal_entity_id == entity.pk]
    other = [p for p in able if p.org_unit.legal_entity_id != entity.pk]
    chosen: Sequence[Resource] = [
        manager,
        *rng.sample(own, min(deal.team_size, len(own))),
        *rng.sample(other, min(1, len(other))),
    ]
    for person in chosen:
        team.add_team_member(
            project_id=project_id, resource_id=person.pk, valid_from=deal.starts_on,
            actor=operator, at=at,
        )  # fmt: skip
    approver = Resource.objects.get(name="Mei Tanaka")
    projects.set_approvers(project_id=project_id, resource_ids=[approver.pk], actor=operator, at=at)


def _hour_worth(currency: str) -> Decimal:
    return {"GBP": Decimal(125), "EUR": Decimal(145), "USD": Decimal(160), "INR": Decimal(4600)}[
        currency
    ]


def _rounded(amount: Decimal) -> Decimal:
    return Decimal(int(amount / 500) * 500)


def _email_of(customer: Customer) -> str:
    word = customer.name.split()[0].lower()
    return f"ap@{word}.example"
