"""How the demo firm's engagements come about: opportunity, estimate, quote, win, project, team."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from billing.models import TaxCode
from projects.models import Project, ProjectTemplate, TemplateRole
from projects.services import (
    projects,
    team,
    template_drafts,
    template_projects,
    templates,
)
from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.automation.services import approvals
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org.models import JobRole, LegalEntity, OrgUnit, Resource
from psa.edges.lifecycle import services as lifecycle
from psa.edges.lifecycle.services import NewProject
from sales.models import Account, Contract, Opportunity, OpportunityStage
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.services import accounts, estimates, funding, opportunities, quotes, sending
from sales.services.accounts import AccountFacts
from sales.services.estimates import DetailInput
from sales.services.funding import PayerShare
from sales.services.opportunities import OpportunityFacts

from . import collecting, letters, planning
from .engagements import CUSTOMERS, INTERNAL, Customer, Deal
from .firm import cast_actor, instant
from .staffing import Staffing

MIX = (("pm", 12), ("architect", 14), ("senior", 30), ("developer", 44))
# Of an engagement's hours, what each kind of line pays for, by the kinds there are.
SHARES = {
    ("time",): {"time": Decimal(1)},
    ("fixed",): {"fixed": Decimal(1)},
    ("time", "fixed"): {"time": Decimal("0.62"), "fixed": Decimal("0.38")},
    ("time", "retainer"): {"time": Decimal("0.85"), "retainer": Decimal("0.15")},
}
WIN_QUOTE = "sales.quote.win"
# The engagement that two customers pay, and who pays 30 % of it up to a limit.
SHARED_DEAL, PARTNER, PARTNER_LIMIT = 2, "Harrow Bank plc", Decimal(40_000)
METHOD_OF = {"time_and_material": "time", "fixed_price": "fixed", "retainer": "retainer"}


def add_customers(*, tenant_id: int, on: date) -> None:
    """The firm's customers, owned by the account manager."""
    amara = cast_actor("Amara Nwosu")
    for customer in CUSTOMERS:
        accounts.create_account(
            facts=AccountFacts(
                name=customer.name, country=customer.country, currency=customer.currency,
                kind=Account.Kind.CUSTOMER, legal_name=customer.name, address=customer.address,
                industry=customer.industry, tax_id=customer.tax_id, email=_email_of(customer),
                language="de" if customer.country == "DE" else "",
                owner_id=amara.membership_id,
            ),
            is_no_duplicate=True, actor=amara, at=instant(on, 9),
        )  # fmt: skip


def win_deal(*, tenant_id: int, deal: Deal, staffing: Staffing) -> int:
    """One engagement from opportunity to staffed project; returns the project's id.

    The account manager sells it, and the operator staffs it on behalf of whoever manages it.
    """
    amara, operator = cast_actor("Amara Nwosu"), actors.for_operator(tenant_id)
    signed_on = deal.starts_on - timedelta(days=14)
    entity = LegalEntity.objects.get(code=deal.customer.entity_code)
    unit = OrgUnit.objects.get(legal_entity=entity, parent__isnull=True)
    opportunity = opportunities.create_opportunity(
        facts=_facts(deal, unit, signed_on), actor=amara, at=instant(signed_on, 9)
    )
    quote = quotes.create_quote(
        opportunity_id=opportunity.pk, scope=f"{deal.name} for {deal.customer.name}: "
        + ", ".join(deal.phases) + ".", actor=amara, at=instant(signed_on, 10),
    )  # fmt: skip
    hours = staffing.hours
    for terms in _lines(deal, entity, hours, elapsed=staffing.elapsed):
        line = quotes.add_line(
            quote_id=quote.pk, terms=terms, actor=amara, at=instant(signed_on, 11)
        )
        share = _shares(deal)[METHOD_OF[terms.billing_method]]
        _estimate(line.pk, _by_role(staffing), share, deal, amara, signed_on)
        if terms.billing_method == "fixed_price":
            quotes.set_milestones(
                line_id=line.pk, milestones=_milestones(deal, terms), actor=amara,
                at=instant(signed_on, 12),
            )  # fmt: skip
    sending.send_quote(
        quote_id=quote.pk, actor=amara, at=instant(signed_on, 13),
        mail=letters.quote_mail(quote.pk, deal.number, _email_of(deal.customer)),
    )  # fmt: skip
    _have_approved(quote.pk, deal, amara, signed_on)
    manager = Resource.objects.get(code=staffing.manager_code)
    won = lifecycle.win_quote(
        quote_id=quote.pk, pricing_choice="share_lists",
        project=NewProject(deal.name, manager.pk, deal.starts_on), at=instant(signed_on, 15),
        won_on=signed_on, actor=amara,
    )  # fmt: skip
    assert won.project_id is not None  # asked for above
    collecting.agree_retention(
        contract_id=won.contract_id, customer=deal.customer.name, on=signed_on
    )
    if deal.number == SHARED_DEAL:
        _share(won.contract_id, deal, signed_on)
    planning.plan(won.project_id, deal, hours, operator)
    _staff(won.project_id, deal, staffing, operator)
    planning.tie(won.project_id, deal, staffing, operator)
    return won.project_id


def _share(contract_id: int, deal: Deal, on: date) -> None:
    """A partner of the customer pays 30 % of the work until its share of the budget is used up; a
    department of the firm, which will use what is learned, bears 10 %."""
    customer = Account.objects.get(name=deal.customer.name)
    partner = Account.objects.get(name=PARTNER)
    funding.set_split(
        contract_id=contract_id, valid_from=deal.starts_on,
        shares=[
            PayerShare(1, customer.pk, Decimal(60)),
            PayerShare(1, partner.pk, Decimal(30), PARTNER_LIMIT),
            PayerShare(1, None, Decimal(10), unit_id=_department(contract_id).pk),
            PayerShare(2, customer.pk, Decimal(100)),
        ],
        actor=cast_actor("Amara Nwosu"), at=instant(on, 16), today_on=on,
    )  # fmt: skip


def _department(contract_id: int) -> OrgUnit:
    """Product development, below the unit that signed the contract."""
    entity = Contract.objects.select_related("legal_entity").get(pk=contract_id).legal_entity
    root = OrgUnit.objects.get(legal_entity=entity, parent__isnull=True)
    unit: OrgUnit = OrgUnit.objects.create(
        tenant_id=root.tenant_id, parent=root, legal_entity=entity,
        code=f"{entity.code}-PD", name="Product development",
    )  # fmt: skip
    return unit


def _have_approved(quote_id: int, deal: Deal, seller: Actor, on: date) -> None:
    """Where a rule of the firm holds the win up, the practice leader is asked, and agrees."""
    at = instant(on, 13)
    if not approvals.standings(gate=WIN_QUOTE, record_id=quote_id, at=at):
        return
    for request in approvals.request_approval(
        gate=WIN_QUOTE, record_id=quote_id, note=f"{deal.customer.name} signs next week",
        actor=seller, at=at,
    ):  # fmt: skip
        approvals.decide(
            request_id=request.pk, is_approved=True, comment="Good margin, known customer",
            actor=cast_actor("Paul Adeyemi"), at=instant(on, 14),
        )  # fmt: skip


def open_deal(*, deal: Deal, stage_code: str, as_of: date) -> Opportunity:
    """A deal still in the making: an opportunity with an estimated draft quote.

    It closes after the present day, `as_of`: only what nobody looked after would be past its date.
    """
    amara = cast_actor("Amara Nwosu")
    entity = LegalEntity.objects.get(code=deal.customer.entity_code)
    unit = OrgUnit.objects.get(legal_entity=entity, parent__isnull=True)
    on = deal.starts_on - timedelta(days=45)
    close_on = max(deal.starts_on, as_of + timedelta(days=10 + 17 * (deal.number % 5)))
    opportunity = opportunities.create_opportunity(
        facts=_facts(deal, unit, close_on), actor=amara, at=instant(on, 9)
    )
    quote = quotes.create_quote(
        opportunity_id=opportunity.pk, scope=f"{deal.name}: {', '.join(deal.phases)}.",
        actor=amara, at=instant(on, 10),
    )  # fmt: skip
    hours = _guessed_hours(deal)
    mix = {(role, entity.code): hours * 60 * percent // 100 for role, percent in MIX}
    for terms in _lines(deal, entity, hours)[:1]:
        line = quotes.add_line(quote_id=quote.pk, terms=terms, actor=amara, at=instant(on, 11))
        _estimate(line.pk, mix, Decimal(1), deal, amara, on)
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


def add_project_of_a_template(*, tenant_id: int, starts_on: date, on: date) -> None:
    """The firm's own CRM, planned from the shipped template at half its size."""
    operator = actors.for_operator(tenant_id)
    manager = Resource.objects.get(name="Nadia Farouk")
    template = ProjectTemplate.objects.get(code="crm_deployment")
    people = Resource.objects.filter(job_role__code__in=("senior", "developer")).order_by("id")
    roles = TemplateRole.objects.filter(template=template).order_by("position")
    template_projects.create_from_template(
        template_id=template.pk, name="CRM for our own sales teams", manager_id=manager.pk,
        starts_on=starts_on, scale=Decimal("0.5"), is_internal=True, actor=operator,
        people={role.pk: person.pk for role, person in zip(roles, people, strict=False)},
        at=instant(on, 9),
    )  # fmt: skip


def draft_a_template(*, tenant_id: int, on: date) -> None:
    """The firm's own way of bringing in a CRM: a copy of the shipped template, being drafted."""
    operator = actors.for_operator(tenant_id)
    keeper = Resource.objects.get(name="Nadia Farouk")
    shipped = ProjectTemplate.objects.get(code="crm_deployment")
    doors: dict[str, Any] = {"actor": operator, "at": instant(on, 10)}
    made = template_drafts.copy_template(
        template_id=shipped.pk, name="CRM, the way we do it", **doors
    )
    templates.edit_template(
        template_id=made.pk, lock_version=None, owner_id=keeper.pk,
        review_on=on + timedelta(days=180), **doors,
    )  # fmt: skip
    template_drafts.open_draft(template_id=made.pk, **doors)


def _facts(deal: Deal, unit: OrgUnit, close_on: date) -> OpportunityFacts:
    return OpportunityFacts(
        name=deal.name, account_id=Account.objects.get(name=deal.customer.name).pk,
        contracting_unit_id=unit.pk, currency=deal.customer.currency, close_on=close_on,
        estimated_amount=Decimal(60000 * deal.team_size), needed_by_on=deal.ends_on,
        source="Existing customer",
    )  # fmt: skip


def _guessed_hours(deal: Deal) -> int:
    """Of a deal that nobody was staffed on yet."""
    months = max(1, (deal.ends_on - deal.starts_on).days // 30)
    return deal.team_size * months * 90


def _shares(deal: Deal) -> dict[str, Decimal]:
    kinds = {
        "time": deal.has_time_line, "fixed": deal.has_fixed_line, "retainer": deal.has_retainer_line,
    }  # fmt: skip
    return SHARES[tuple(kind for kind, is_sold in kinds.items() if is_sold)]


def _by_role(staffing: Staffing) -> dict[tuple[str, str], int]:
    """Planned minutes by role and entity of the team."""
    found: dict[tuple[str, str], int] = {}
    for person in staffing.team:
        key = (person.job_role, person.entity)
        found[key] = found.get(key, 0) + staffing.minutes.get(person.code, 0)
    return found


def _lines(
    deal: Deal, entity: LegalEntity, hours: int, *, elapsed: float = 0
) -> list[LineTermsInput]:
    """The contract's lines; a fixed price and a limit are about what their hours come to."""
    tax_code = TaxCode.objects.get(legal_entity=entity, is_default=True).code
    shares = _shares(deal)
    hour_worth = _hour_worth(deal.customer.currency)
    found = []
    if deal.has_time_line:
        worth = hours * shares["time"] * hour_worth
        # Every third limit is too low for what was worked by now: the latest of it is parked.
        reached = Decimal(max(planning.delivered(deal, elapsed), 0.2)) * Decimal("0.9")
        limit = worth * (reached if deal.number % 9 == 1 else Decimal("1.25"))
        found.append(
            LineTermsInput(
                name=planning.DELIVERY, billing_method="time_and_material", starts_on=deal.starts_on,
                ends_on=deal.ends_on, tax_code=tax_code,
                transaction_classes=(TransactionClass.TIME, TransactionClass.EXPENSE),
                not_to_exceed_amount=_rounded(limit) if deal.has_limit else None,
            )
        )  # fmt: skip
    if deal.has_fixed_line:
        found.append(
            LineTermsInput(
                name=planning.FIXED_PRICE, billing_method="fixed_price",
                starts_on=deal.starts_on, ends_on=deal.ends_on, tax_code=tax_code,
                value_amount=_rounded(
                    hours * shares["fixed"] * hour_worth * deal.course.price_factor
                ),
            )
        )  # fmt: skip
    if deal.has_retainer_line:
        months = max(1, (deal.ends_on - deal.starts_on).days // 30)
        included = max(10, int(hours * shares["retainer"]) // months // 5 * 5)
        found.append(
            LineTermsInput(
                name="Support retainer", billing_method="retainer", starts_on=deal.starts_on,
                ends_on=deal.ends_on, tax_code=tax_code,
                retainer_amount=_rounded(included * hour_worth),
                retainer_minutes=included * 60, retainer_overage_policy="carry_forward",
                retainer_underuse_policy="expire",
            )
        )  # fmt: skip
    return found


def _estimate(
    line_id: int,
    minutes: dict[tuple[str, str], int],
    share: Decimal,
    deal: Deal,
    actor: Actor,
    on: date,
) -> None:
    """The line's part of the hours, by role and unit, priced by the lists."""
    roles = {role.code: role.pk for role in JobRole.objects.all()}
    units = dict(
        OrgUnit.objects.filter(parent__isnull=True).values_list("legal_entity__code", "id")
    )
    parts = {key: int(whole * share) // 60 * 60 for key, whole in sorted(minutes.items())}
    estimates.add_details(
        line_id=line_id,
        details=[
            DetailInput(
                starts_on=deal.starts_on, role_id=roles[role],
                resourcing_unit_id=units[entity_code], minutes=part,
            )
            for (role, entity_code), part in parts.items()
            if part
        ],
        actor=actor, at=instant(on, 11),
    )  # fmt: skip


def _milestones(deal: Deal, terms: LineTermsInput) -> list[MilestoneInput]:
    half = _rounded(terms.value_amount * Decimal("0.4"))
    middle = deal.starts_on + (deal.ends_on - deal.starts_on) / 2
    return [
        MilestoneInput(f"{deal.phases[0]} accepted", middle, half),
        MilestoneInput(f"{deal.phases[-1]} accepted", deal.ends_on, terms.value_amount - half),
    ]


def _staff(project_id: int, deal: Deal, staffing: Staffing, operator: Actor) -> None:
    """The manager and people of the entity, with one colleague from elsewhere."""
    at = instant(deal.starts_on, 10)
    ids = dict(Resource.objects.values_list("code", "id"))
    for person in staffing.team:
        team.add_team_member(
            project_id=project_id, resource_id=ids[person.code], valid_from=deal.starts_on,
            planned_minutes=staffing.minutes.get(person.code, 0), actor=operator, at=at,
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
