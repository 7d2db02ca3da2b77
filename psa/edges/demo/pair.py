"""Two small firms side by side, one with a marker in all its words, to prove that tenants never meet.

Whatever the marked firm's people could read carries the marker: a page, export, search or e-mail of
the other firm that shows it has leaked. Deterministic from the seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random

from django.apps import apps
from django.db import connection, models, transaction
from PIL import Image
from psycopg import sql

from billing.models import ContractMilestone, InvoiceBalance, TaxCode
from billing.services import invoices, payments, proposals, readiness
from projects.models import Project, Task
from projects.services import projects, tasks, team
from projects.services.task_values import NewTask
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.access.default_roles import DEFAULT_ROLES
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.ledger.models import FiscalPeriod
from psa.core.ledger.services import posting_run
from psa.core.money import services as money
from psa.core.notifications import services as notifications
from psa.core.org.models import (
    JobRole,
    LegalEntity,
    OrgUnit,
    Resource,
    TransactionCategory,
    WorkCalendar,
)
from psa.core.org.services import structure
from psa.core.pricing.services import lines, lists
from psa.core.pricing.services.lines import LineDraft
from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import Tenant, TenantModel
from psa.core.tenancy.scope import tenant_scope
from psa.edges.lifecycle import services as lifecycle
from psa.edges.lifecycle.services import NewProject
from psa.edges.setup.services import NewAccount, NewEntity, create_tenant
from revenue.services import estimates as revenue_estimates
from sales.models import Account, Contact
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.services import accounts, estimates, opportunities, quotes, sending
from sales.services.accounts import AccountFacts
from sales.services.estimates import DetailInput
from sales.services.opportunities import OpportunityFacts
from timeexpense.services import approvals, expenses, time_entries, weeks
from timeexpense.services.expenses import ExpenseDraft, Upload
from timeexpense.services.time_entries import TimeDraft

PASSWORD = "two-firms-side-by-side"

# Fields that hold people's words. Every other text field holds a code, a number or a key;
# tests/edges/demo/test_seed_pair.py names each, so that a new field is one or the other.
WORDS = frozenset(
    {
        *("name", "legal_name", "title", "job_title", "description", "text", "body", "message"),
        *("note", "internal_note", "memo", "reason", "address", "industry", "location", "phone"),
        *("scope", "terms", "source", "competitors", "loss_reason", "override_reason"),
        *("bill_to_name", "bill_to_address", "po_number", "hold_reason", "acceptance_criteria"),
        *("return_reason", "blocked_reason", "recall_reason", "billable_reason", "merchant"),
        *("health_comment", "adjustment_reason", "summary", "reference", "external_reference"),
        *("tax_id", "registration", "bank_name", "filename", "group", "outcome_note", "comment"),
        *("policy_rule", "check_text", "asked", "considered", "decided", "why", "decided_by"),
        *("required_skills", "record_label", "label", "help_text", "criteria", "accepted_by_name"),
        *("resolution", "mitigation", "amendment_reference", "accomplishments", "next_steps"),
        *("decisions_required", "client_name", "task_name", "over_reason", "ended_because"),
        *("purpose", "destination", "dismissed_reason", "holder", "from_place", "to_place"),
        *("client", "attendees", "justification", "text_in_german", "open_role", "subject"),
    }
)
# Named like words, yet read by programs: "2026-10", and where a price dimension is read from.
NOT_WORDS = frozenset(
    {
        ("ledger.FiscalPeriod", "name"),
        ("pricing.PricingDimension", "source"),
        ("custom_fields.CustomValue", "text"),
    }
)


@dataclass(frozen=True, slots=True)
class PairLogin:
    """Who can sign in: one for each role of each firm."""

    slug: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The two firms; `marker` stands in every word of the second and in none of the first."""

    marker: str
    logins: tuple[PairLogin, ...]


@dataclass(frozen=True, slots=True)
class _Voice:
    """How a firm's people write: as they are given the words, or with the marker before them."""

    marker: str

    def __call__(self, text: str) -> str:
        return f"{self.marker} {text}" if self.marker else text


def seed_pair(*, seed: int, at: datetime) -> Pair:
    """Make both firms, each in one transaction, as of the business date; again changes nothing."""
    marker = f"XMARK{seed}X"
    found: list[PairLogin] = []
    for slug, voice in ((f"plain-{seed}", _Voice("")), (f"marked-{seed}", _Voice(marker))):
        if not Tenant.objects.filter(slug=slug).exists():
            with transaction.atomic():
                _make_firm(slug, voice, Random(f"{seed}-{slug}"), at)
        found += [PairLogin(slug, _email(slug, role.code), role.code) for role in DEFAULT_ROLES]
    return Pair(marker, tuple(found))


def _email(slug: str, role: str) -> str:
    return f"{role.replace('_', '.')}@{slug}.example"


def _make_firm(slug: str, voice: _Voice, rng: Random, at: datetime) -> None:
    today_on = at.date()
    tenant = create_tenant(
        slug=slug, name=voice("Harbour Works"), currency="GBP",
        entities=[
            NewEntity(
                "UK", voice("Harbour Works Ltd"), "GBP", "GB", unit_name=voice("Delivery UK"),
                address=voice("1 Quay Street"), tax_id=voice("GB 999"),
                registration=voice("01234567"), email=_email(slug, "accounts"),
                bank_name=voice("Quay Bank"), bank_iban="GB33BUKB20201555555555",
                more_accounts=(
                    NewAccount(voice("Euro account"), "EUR", voice("Quay Bank"), "GB67BUKB20201599998888"),
                ),
            )
        ],
        years=[today_on.year - 1, today_on.year, today_on.year + 1], at=at,
    )  # fmt: skip
    with tenant_scope(tenant.pk):
        firm = _Firm(tenant, voice, rng, at, slug)
        firm.add_people()
        if voice.marker:
            _mark_all(voice.marker)
        firm.add_prices()
        project = firm.win_work()
        firm.work(project)
        firm.bill(project)
        firm.keep_books()
        if voice.marker:
            _mark_all(voice.marker)


class _Firm:
    """One firm in the making; each method is a chapter of its short life."""

    def __init__(self, tenant: Tenant, voice: _Voice, rng: Random, at: datetime, slug: str) -> None:
        self.tenant, self.voice, self.rng, self.at, self.slug = tenant, voice, rng, at, slug
        self.today_on = at.date()
        self.starts_on = (self.today_on - timedelta(days=60)).replace(day=1)
        self.operator = actors.for_operator(tenant.pk)

    def actor(self, role: str) -> Actor:
        member = Membership.objects.get(email=_email(self.slug, role))
        return actors.for_membership(member, via="job")

    def person(self, role: str) -> Resource:
        return Resource.objects.get(email=_email(self.slug, role))

    def add_people(self) -> None:
        """A login for each role, each a person who can book time."""
        unit = OrgUnit.objects.get(parent__isnull=True)
        calendar = WorkCalendar.objects.order_by("pk")[0]
        job_role = JobRole.objects.get(code="senior")
        for number, role in enumerate(DEFAULT_ROLES, start=1):
            email = _email(self.slug, role.code)
            member = access.add_member(
                tenant=self.tenant, email=email, name=self.voice(role.name),
                role_codes=[role.code], password=PASSWORD,
            )  # fmt: skip
            structure.save_person(
                resource_id=None, code=f"P{number:02d}", name=self.voice(role.name), email=email,
                kind="employee", org_unit_id=unit.pk, job_role_id=job_role.pk,
                calendar_id=calendar.pk, employed_from=self.starts_on - timedelta(days=365),
                membership_id=member.pk, location=self.voice("London"),
                actor=self.operator, at=self.at,
            )  # fmt: skip

    def add_prices(self) -> None:
        """One sales and one cost list for everybody, prices drawn from the seed; one rate."""
        money.set_rate(
            from_currency="EUR", to_currency="GBP", on=self.today_on,
            rate=Decimal("0.85"), actor=self.operator, at=self.at,
        )  # fmt: skip
        unit = OrgUnit.objects.get(parent__isnull=True)
        price = Decimal(self.rng.randrange(90, 160))
        for context, value in (("sales", price), ("cost", price / 2)):
            made = lists.create_list(
                name=self.voice(f"Prices {context}"), context=context, currency="GBP",
                valid_from=self.starts_on - timedelta(days=30), owner_kind="unit",
                owner_id=unit.pk, actor=self.operator, at=self.at,
            )  # fmt: skip
            lines.add_lines(
                list_id=made.pk, lines=[LineDraft(value=value)], actor=self.operator, at=self.at
            )
            lists.activate_list(list_id=made.pk, actor=self.operator, at=self.at)

    def win_work(self) -> Project:
        """A customer, a quote with three lines, won; its project planned and staffed."""
        amara = self.actor("account_manager")
        account = accounts.create_account(
            facts=AccountFacts(
                name=self.voice("Northgate Mills"), country="GB", currency="GBP",
                kind=Account.Kind.CUSTOMER, legal_name=self.voice("Northgate Mills plc"),
                address=self.voice("8 Mill Road"), tax_id=self.voice("GB 111"),
                industry=self.voice("Textiles"), email=f"ap@northgate-{self.slug}.example",
                owner_id=amara.membership_id,
            ),
            is_no_duplicate=True, actor=amara, at=self.at,
        )  # fmt: skip
        Contact.objects.create(
            tenant=self.tenant, account=account, name=self.voice("Jo Hale"),
            job_title=self.voice("Buyer"), email=f"jo@northgate-{self.slug}.example",
        )  # fmt: skip
        unit = OrgUnit.objects.get(parent__isnull=True)
        opportunity = opportunities.create_opportunity(
            facts=OpportunityFacts(
                name=self.voice("Loom control"), account_id=account.pk,
                contracting_unit_id=unit.pk, currency="GBP", close_on=self.starts_on,
                estimated_amount=Decimal(90000), source=self.voice("Fair"),
                competitors=self.voice("Others"), description=self.voice("New controls."),
            ),
            actor=amara, at=self.at,
        )  # fmt: skip
        quote = quotes.create_quote(
            opportunity_id=opportunity.pk, scope=self.voice("Controls for forty looms."),
            actor=amara, at=self.at,
        )  # fmt: skip
        for terms in self._line_terms():
            line = quotes.add_line(quote_id=quote.pk, terms=terms, actor=amara, at=self.at)
            estimates.add_detail(
                line_id=line.pk,
                detail=DetailInput(
                    starts_on=self.starts_on, role_id=JobRole.objects.get(code="senior").pk,
                    resourcing_unit_id=unit.pk, minutes=100 * 60,
                ),
                actor=amara, at=self.at,
            )  # fmt: skip
            if terms.billing_method == "fixed_price":
                half = terms.value_amount / 2
                quotes.set_milestones(
                    line_id=line.pk,
                    milestones=[
                        MilestoneInput(self.voice("Design signed"), self.starts_on, half),
                        MilestoneInput(self.voice("Looms live"), self.today_on, half),
                    ],
                    actor=amara, at=self.at,
                )  # fmt: skip
        sending.send_quote(quote_id=quote.pk, actor=amara, at=self.at)
        won = lifecycle.win_quote(
            quote_id=quote.pk, pricing_choice="share_lists",
            project=NewProject(
                self.voice("Loom control"), self.person("project_manager").pk, self.starts_on
            ),
            won_on=self.starts_on, actor=amara, at=self.at,
        )  # fmt: skip
        project = Project.objects.get(pk=won.project_id)
        self._plan(project)
        return project

    def _line_terms(self) -> list[LineTermsInput]:
        tax_code = TaxCode.objects.get(is_default=True).code
        ends_on = date(self.starts_on.year + 1, self.starts_on.month, 1) - timedelta(days=1)
        common = {"starts_on": self.starts_on, "ends_on": ends_on, "tax_code": tax_code}
        return [
            LineTermsInput(
                name=self.voice("Delivery"), billing_method="time_and_material",
                transaction_classes=("time", "expense"),
                not_to_exceed_amount=Decimal(50000), **common,
            ),
            LineTermsInput(
                name=self.voice("Work package"), billing_method="fixed_price",
                value_amount=Decimal(20000), **common,
            ),
            LineTermsInput(
                name=self.voice("Support"), billing_method="retainer",
                retainer_amount=Decimal(3000), retainer_minutes=1200,
                retainer_overage_policy="carry_forward", retainer_underuse_policy="expire",
                **common,
            ),
        ]  # fmt: skip

    def _plan(self, project: Project) -> None:
        if not Task.objects.filter(project=project).exists():
            tasks.add_tasks(
                project_id=project.pk,
                tasks=[
                    NewTask(
                        name=self.voice(name), effort_minutes=6000, starts_on=self.starts_on,
                        finishes_on=self.today_on + timedelta(days=60),
                    )
                    for name in ("Design", "Build")
                ],
                actor=self.operator, at=self.at,
            )  # fmt: skip
        projects.change_status(
            project_id=project.pk, status=Project.Status.IN_DELIVERY, actor=self.operator,
            at=self.at,
        )  # fmt: skip
        for role in ("project_manager", "team_member", "subcontractor"):
            team.add_team_member(
                project_id=project.pk, resource_id=self.person(role).pk,
                valid_from=self.starts_on, actor=self.operator, at=self.at,
            )  # fmt: skip
        projects.set_approvers(
            project_id=project.pk, resource_ids=[self.person("project_approver").pk],
            actor=self.operator, at=self.at,
        )  # fmt: skip

    def work(self, project: Project) -> None:
        """A month approved, last week submitted, one day a draft, an expense with its receipt."""
        consultant = self.person("team_member")
        task = Task.objects.filter(project=project, is_summary=False).order_by("position")[0]
        days = list(_workdays(self.starts_on, self.today_on))
        outcomes = time_entries.enter_time(
            entries=[
                TimeDraft(
                    resource_id=consultant.pk, project_id=project.pk, task_id=task.pk, work_on=day,
                    minutes=60 * self.rng.randrange(4, 8), description=self.voice("Wrote controls"),
                    internal_note=self.voice("Went well"),
                )
                for day in days
            ],
            actor=self.operator, at=self.at,
        )  # fmt: skip
        ids = [one.entry_id for one in outcomes if one.entry_id is not None]
        weeks.submit_entries(entry_ids=ids[:-1], actor=self.operator, at=self.at)
        approvals.approve_entries(
            entries=[("time", pk) for pk in ids[:-6]], actor=self.actor("project_manager"),
            at=self.at,
        )  # fmt: skip
        member = self.actor("team_member")
        report = expenses.create_report(title=self.voice("Mill visit"), actor=member, at=self.at)
        expenses.add_expense(
            report_id=report.pk,
            draft=ExpenseDraft(
                category_id=TransactionCategory.objects.get(code="travel").pk, spent_on=days[-3],
                currency="GBP", amount="120.00", tax_amount="20.00", project_id=project.pk,
                task_id=task.pk, merchant=self.voice("Rail"), description=self.voice("Train"),
                internal_note=self.voice("Late train"),
            ),
            receipts=[Upload(self.voice("ticket.png"), _receipt(self.rng))], actor=member,
            at=self.at,
        )  # fmt: skip
        expenses.submit_report(report_id=report.pk, actor=member, at=self.at)

    def bill(self, project: Project) -> None:
        """A milestone ready, an invoice confirmed and half paid, a draft open."""
        bill, fay = self.actor("billing_manager"), self.actor("finance_manager")
        contract_id = project.contract_id
        assert contract_id is not None  # its quote was won
        first = ContractMilestone.objects.order_by("position")[0]
        readiness.mark_milestone_ready(
            milestone_id=first.pk, ready_on=self.starts_on, actor=bill, at=self.at
        )
        cutoff_on = self.starts_on + timedelta(days=27)
        for draft in proposals.propose_invoices(
            contract_id=contract_id, cutoff_on=cutoff_on, run_key="pair 1", actor=bill, at=self.at
        ):
            invoice = invoices.post_invoice(
                proposal_id=draft.pk, invoiced_on=self.today_on, actor=bill, at=self.at
            )
            balance = InvoiceBalance.objects.get(invoice=invoice)
            payments.record_payment(
                request_key=f"pair {invoice.pk}", account_id=invoice.account_id,
                legal_entity_id=invoice.legal_entity_id, received_on=self.today_on,
                amount=(balance.open_amount / 2).quantize(Decimal("0.01")),
                currency=invoice.currency, reference=self.voice("Half"), actor=fay, at=self.at,
            )  # fmt: skip
        proposals.propose_invoices(
            contract_id=contract_id, cutoff_on=self.today_on, run_key="pair 2", actor=bill,
            at=self.at,
        )  # fmt: skip

    def keep_books(self) -> None:
        """Batches posted, estimates drafted, somebody told."""
        posting_run.journal_batches(
            batch_ids=posting_run.waiting_batches(), actor=self.operator, at=self.at
        )
        entity = LegalEntity.objects.get()
        period = FiscalPeriod.objects.get(
            legal_entity=entity, starts_on__lte=self.starts_on, ends_on__gt=self.starts_on
        )
        revenue_estimates.draft_estimates(
            period_id=period.pk, run_key="pair", actor=self.actor("finance_manager"), at=self.at
        )
        notifications.notify(
            membership_ids=Membership.objects.values_list("pk", flat=True),
            event="timeexpense.returned", title=self.voice("A week was returned"),
            body=self.voice("Please look again."), at=self.at,
        )  # fmt: skip


def _workdays(from_on: date, until_on: date) -> Iterator[date]:
    day = from_on
    while day < until_on:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)


def _receipt(rng: Random) -> BytesIO:
    content = BytesIO()
    shade = rng.randrange(200, 255)
    Image.new("RGB", (40, 60), (shade, shade, shade)).save(content, "PNG")
    content.seek(0)
    return content


def _mark_all(marker: str) -> None:
    """Put the marker before all words that have none yet, empty ones too.

    Straight into the tables, as no service edits a calendar's holidays or an account's default
    name; rows that may never change were made from words that were marked already.
    """
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if not issubclass(model, TenantModel) or is_append_only(model):
                continue
            for field in words_of(model):
                cursor.execute(
                    sql.SQL(
                        "UPDATE {table} SET {column} = left(rtrim(%(marker)s || ' ' || {column}), "
                        "%(length)s) WHERE position(%(marker)s in {column}) = 0"
                    ).format(
                        table=sql.Identifier(model._meta.db_table),
                        column=sql.Identifier(str(field.column)),
                    ),
                    {"marker": marker, "length": field.max_length or 2000},
                )


def words_of(model: type[models.Model]) -> list[models.CharField | models.TextField]:
    """The fields of a model that hold people's words."""
    return [
        field
        for field in model._meta.local_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name in WORDS
        and (model._meta.label, field.name) not in NOT_WORDS
    ]


def is_append_only(model: type[models.Model]) -> bool:
    """Whether the database refuses to change rows of this model."""
    return any(isinstance(rule, AppendOnly) for rule in model._meta.constraints)
