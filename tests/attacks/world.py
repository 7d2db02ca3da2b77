"""A firm in which every kind of record exists once, made through the services people use."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.db.models import Model
from django.test import override_settings
from PIL import Image

from billing.invoice_pdf import Detail
from billing.models import (
    ContractMilestone,
    Invoice,
    InvoiceBalance,
    InvoiceDelivery,
    Payment,
    Proposal,
    ReceivableMove,
    Reimbursement,
    ReimbursementBatch,
    ReimbursementBatchEntry,
    RetainerPeriod,
    StatementDelivery,
    TaxCode,
)
from billing.services import billing_runs, deliveries, payments, receivable_moves
from projects.models import (
    BudgetLine,
    Comment,
    ContractLineLink,
    PlanImport,
    PlannedExpense,
    Project,
    ProjectApprover,
    ProjectTemplate,
    RegisterEntry,
    StatusReport,
    Task,
    TeamMember,
)
from projects.services import baselines, budgets, discussion, register, reports
from psa.core.access import actors, seals
from psa.core.access.models import (
    IdentityProvider,
    Invitation,
    Membership,
    MembershipRole,
    Role,
)
from psa.core.audit.models import AuditEntry
from psa.core.automation.models import ApprovalRequest, AutomationRule
from psa.core.custom_fields.models import CustomField
from psa.core.documents import services as documents
from psa.core.documents.models import Document
from psa.core.jobs.models import JobRun, JobSchedule
from psa.core.ledger.models import (
    AccountMapping,
    Actual,
    FiscalPeriod,
    JournalEntry,
    JournalExport,
    JournalLine,
    LedgerAccount,
    PostingProfile,
    ProofRun,
)
from psa.core.notifications import services as notifications
from psa.core.notifications.models import DocumentMail, Notification, PushDevice
from psa.core.org.models import (
    JobRole,
    LegalEntity,
    ManualControl,
    OrgUnit,
    ParameterDecision,
    Resource,
    ResourceException,
    TransactionCategory,
    WorkCalendar,
)
from psa.core.org.services import decisions
from psa.core.pricing.models import PriceLine, PriceList, PriceTrace
from psa.core.web.lists import saved
from psa.edges.api.services import tokens
from psa.edges.identity.services import invitations
from psa.edges.integrations.channels.models import Channel, Post
from psa.edges.integrations.imports.models import ImportRun
from psa.edges.integrations.imports.services import staging as imports
from psa.edges.integrations.webhooks.models import Delivery, Endpoint
from resources.models import Booking
from resources.services import bookings
from revenue.models import (
    ContractCost,
    ContractCostCharge,
    IntercompanyInvoice,
    IntercompanyInvoiceLine,
    IntercompanyPayment,
    IntercompanySettlement,
    RevenueEstimate,
)
from revenue.services import contract_costs, cost_charges, estimates
from sales.models import (
    Account,
    AmendmentChange,
    ChargeabilityRule,
    Contact,
    Contract,
    ContractAmendment,
    ContractLimit,
    ContractLine,
    Opportunity,
    OpportunityStage,
    Quote,
    QuoteLine,
    QuoteLineDetail,
    RateOverride,
)
from sales.rules.amendment import NewTerm
from sales.services import amendments
from tests.billing.scenario import CUTOFF, Case, confirm, post_days, propose
from tests.factories import AT, Firm, make_engagement, make_firm
from tests.sales.scenario import Deal, make_deal
from tests.timeexpense.conftest import MONDAY, Scene
from timeexpense.models import (
    ApprovalDelegation,
    ApprovalRoute,
    CardLine,
    CardStatement,
    CompanyCard,
    ExpenseEntry,
    ExpenseReport,
    PayrollExport,
    PayrollLine,
    PolicyRule,
    ReceiptReading,
    TimeEntry,
    TravelRequest,
)
from timeexpense.services import approval_sets, approvals, delegations, expenses, routes
from timeexpense.services.expenses import ExpenseDraft, Upload

PAID_ON = date(2026, 7, 8)


@dataclass
class World:
    """One firm's records, and for each parameter of an address the id that it names."""

    firm: Firm
    scene: Scene
    case: Case
    deal: Deal
    ids: dict[str, Any] = field(default_factory=dict)


def acme_world() -> World:
    """Acme on the cast's day, as `standing_scene` and `kept_scene` keep it for whoever asks."""
    with override_settings(PSA_NOW=AT):
        return make_world(make_firm("acme"))


def make_world(
    firm: Firm, *, currency: str = "EUR", price_per_hour: Decimal = Decimal(125)
) -> World:
    """Fill a firm that has the whole cast; opens the firm's scope itself.

    The contract is in `currency`; what is invoiced was worked at `price_per_hour` of it.
    """
    with firm.scope():
        deal = make_deal(firm)
        work = make_engagement(firm, currency=currency)
        scene, case = Scene(firm, work), Case(firm, work)
        _terms(firm, work.contract, work.time_line)
        _team(firm, work.project)
        _work(scene)
        _approving(scene)
        _money_of(firm, work.project)
        _billing(case, price_per_hour)
        _around(firm)
        _identity(firm)
        _spending(firm, work.project)
        world = World(firm, scene, case, deal)
        world.ids = _ids(world)
    return world


def give_every_role(firm: Firm, name: str) -> None:
    """The most that anybody can be allowed at this firm."""
    with firm.scope():
        membership_id = firm.actors[name].membership_id
        held = MembershipRole.objects.filter(membership_id=membership_id).values("role_id")
        MembershipRole.objects.bulk_create(
            [
                MembershipRole(tenant=firm.tenant, membership_id=membership_id, role=role)
                for role in Role.objects.exclude(pk__in=held)
            ]
        )


def _terms(firm: Firm, contract: Contract, line: ContractLine) -> None:
    common = {"tenant": firm.tenant}
    Contact.objects.create(account=contract.account, name="Jo Kessler", **common)
    ContractLimit.objects.create(contract=contract, limit_amount=900_000, **common)
    ChargeabilityRule.objects.create(
        line=line, role=firm.roles["CO"], billing_type="non_chargeable", **common
    )
    RateOverride.objects.create(line=line, role=firm.roles["CO"], unit="hour", price=90, **common)


def _team(firm: Firm, project: Project) -> None:
    ProjectApprover.objects.create(
        tenant=firm.tenant, project=project, resource=firm.resources["mei"]
    )
    Task.objects.filter(project=project).update(
        starts_on=date(2026, 6, 1), finishes_on=date(2026, 8, 31)
    )
    register.add_entry(
        project_id=project.pk, kind="issue", title="Test data is late", priority="high",
        actor=firm.actors["priya"], at=AT, on=AT.date(),
    )  # fmt: skip
    common = {"project_id": project.pk, "actor": firm.actors["priya"], "at": AT}
    reports.start_draft(as_of=PAID_ON, **common)
    reports.edit_draft(lock_version=None, summary="On track", **common)
    reports.publish_report(today_on=AT.date(), **common)
    reports.start_draft(as_of=PAID_ON, **common)
    discussion.add_comment(text="Is the test data there, @Fay?", **common)
    bookings.book_person(
        project_id=project.pk, resource_id=firm.resources["bea"].pk, status="soft",
        method="percent", percent=Decimal(50), valid_from=date(2026, 9, 1),
        valid_until=date(2026, 9, 8), actor=firm.actors["rae"], at=AT,
    )  # fmt: skip


def _work(scene: Scene) -> None:
    """Two days approved, one submitted, one a draft; an expense with its receipt, submitted."""
    ids = scene.submitted(*[scene.draft(work_on=MONDAY + timedelta(days=n)) for n in range(3)])
    approvals.approve_entries(
        entries=[("time", pk) for pk in ids[:2]], actor=scene.actor("priya"), at=AT
    )
    scene.enter(scene.draft(work_on=MONDAY + timedelta(days=3), minutes=60))
    report = expenses.create_report(title="Munich", actor=scene.actor("ben"), at=AT)
    receipt = BytesIO()
    Image.new("RGB", (40, 60), "white").save(receipt, "PNG")
    receipt.seek(0)
    ReceiptReading.objects.create(
        tenant_id=scene.firm.tenant.pk, report=report, resource=report.resource,
        filename="ticket.jpg", asked_at=AT,
    )  # fmt: skip
    expenses.add_expense(
        report_id=report.pk,
        draft=ExpenseDraft(
            category_id=scene.firm.categories["travel"].pk, spent_on=date(2026, 7, 8),
            currency="EUR", amount="119.00", tax_amount="19.00",
            project_id=scene.work.project.pk, task_id=scene.work.build.pk,
            merchant="Deutsche Bahn", description="Train to Munich",
        ),
        receipts=[Upload("ticket.png", receipt)], actor=scene.actor("ben"), at=AT,
    )  # fmt: skip


def _approving(scene: Scene) -> None:
    """A rule that fits nothing here, a deputy for December, and a set that is queued."""
    firm = scene.firm
    routes.save_route(
        route=routes.RouteInput(
            "Large travel", level=2, entry_kind="expense", amount_over=Decimal(1_000_000),
            approver_id=firm.actors["fay"].membership_id,
        ),
        actor=firm.actors["ada"], at=AT,
    )  # fmt: skip
    delegations.name_deputy(
        approver_id=firm.actors["priya"].membership_id,
        delegate_id=firm.actors["mei"].membership_id,
        from_on=date(2026, 12, 1), until_on=date(2026, 12, 24),
        actor=firm.actors["priya"], at=AT,
    )  # fmt: skip
    JobRun.objects.create(
        tenant=firm.tenant, kind=approval_sets.JOB_KIND, key="set 1", title="Approve 1 entry",
        arguments={"entries": [["time", _first(TimeEntry)]]}, requested_at=AT,
        requested_by_id=firm.actors["priya"].membership_id,
    )  # fmt: skip


def _money_of(firm: Firm, project: Project) -> None:
    """A baseline and a budget with lines, both still open, and something to be bought."""
    common = {"project_id": project.pk, "actor": firm.actors["priya"], "at": AT}
    baselines.set_baseline(number=0, name="Contract", **common)
    budgets.create_budget(source="plan", note="", **common)
    PlanImport.objects.create(
        tenant=firm.tenant, filename="plan.csv", manager=firm.resources["priya"], content=b"",
        created_by_id=firm.actors["priya"].membership_id, created_at=AT,
    )  # fmt: skip
    PlannedExpense.objects.create(
        tenant=firm.tenant, project=project, task=project.tasks.filter(is_summary=False)[0],
        category=TransactionCategory.objects.filter(transaction_class="expense")[0],
        planned_on=MONDAY, currency="GBP", cost_amount=400,
    )  # fmt: skip


def _billing(case: Case, price: Decimal) -> None:
    """A paid invoice, an open draft, a milestone and a queued billing run."""
    post_days(case, 2, price=price)
    [first] = propose(case)
    invoice = confirm(case, first)
    post_days(case, 3, price=price)
    propose(case, run_key="run 2")
    ContractMilestone.objects.create(
        tenant=case.firm.tenant, contract_line=case.work.fixed_line, position=1,
        name="Blueprint signed", due_on=date(2026, 6, 30), amount=8000, project=case.work.project,
    )  # fmt: skip
    balance = InvoiceBalance.objects.get(invoice=invoice)
    payments.record_payment(
        request_key="k1", account_id=case.work.account.pk,
        legal_entity_id=case.firm.entities["UK"].pk, received_on=PAID_ON,
        amount=(balance.open_amount / 2).quantize(Decimal("0.01")), currency=invoice.currency,
        actor=case.fay, at=AT,
    )  # fmt: skip
    receivable_moves.withhold_retention(
        invoice_id=invoice.pk, amount=Decimal("0.01"), moved_on=PAID_ON, request_key="k2",
        actor=case.bill, at=AT,
    )  # fmt: skip
    billing_runs.start_billing_run(
        arguments={"cutoff_on": CUTOFF.isoformat()}, actor=case.bill, at=AT
    )


def _around(firm: Firm) -> None:
    invoice = Invoice.objects.get()
    period = FiscalPeriod.objects.get(
        legal_entity=firm.entities["UK"], starts_on__lte=CUTOFF, ends_on__gt=CUTOFF
    )
    estimates.draft_estimates(period_id=period.pk, run_key="run 1", actor=firm.actors["fay"], at=AT)
    contract_costs.capitalise_cost(
        contract_id=_first(Contract),
        cost=contract_costs.NewCost(
            "obtain", "Sales commission", Decimal(1200),
            LedgerAccount.objects.get(code="5200").pk, CUTOFF, date(2026, 1, 1), date(2026, 12, 31),
        ),
        actor=firm.actors["fay"], at=AT,
    )  # fmt: skip
    cost_charges.charge_contract_costs(period_id=period.pk, actor=firm.actors["fay"], at=AT)
    entry_id = _first(JournalEntry)
    lent = IntercompanyInvoice.objects.create(
        tenant=firm.tenant, number="UK-IC2026-90001", lender=firm.entities["UK"],
        borrower=firm.entities["DE"], currency="GBP", worked_until_on=CUTOFF, issued_on=CUTOFF,
        net_amount=30, tax_amount=0, total_amount=30, lender_entity_amount=30,
        borrower_entity_amount=35, lender_entry_id=entry_id, borrower_entry_id=entry_id,
        issued_at=AT, snapshot=_lent_parties(),
    )  # fmt: skip
    IntercompanyInvoiceLine.objects.create(
        tenant=firm.tenant, invoice=lent, position=1, minutes=60, price=30, unit="hour",
        net_amount=30, lender_entity_amount=30, borrower_entity_amount=35,
    )  # fmt: skip
    paid = IntercompanyPayment.objects.create(
        tenant=firm.tenant, number="UK-IP2026-90001", lender=firm.entities["UK"],
        borrower=firm.entities["DE"], paid_on=PAID_ON, currency="GBP", amount=10,
        paid_currency="GBP", paid_amount=10, lender_entity_amount=10, borrower_entity_amount=12,
        request_key="w", lender_entry_id=entry_id, borrower_entry_id=entry_id, recorded_at=AT,
    )  # fmt: skip
    IntercompanySettlement.objects.create(
        tenant=firm.tenant, payment=paid, invoice=lent, amount=10, lender_booked_amount=10,
        borrower_booked_amount=12,
    )  # fmt: skip
    ProofRun.objects.create(
        tenant=firm.tenant, legal_entity=firm.entities["UK"], as_of=PAID_ON, run_at=AT,
        is_proven=True, results=[],
    )  # fmt: skip
    JournalExport.objects.create(
        tenant=firm.tenant, legal_entity=firm.entities["UK"], format="beancount",
        last_entry_id=_first(JournalEntry), entry_count=1, sha256="0" * 64, exported_at=AT,
    )  # fmt: skip
    PushDevice.objects.create(
        tenant=firm.tenant, membership_id=firm.actors["ben"].membership_id, label="Phone",
        endpoint="https://push.example/1", public_key="", auth_secret="", created_at=AT,
    )  # fmt: skip
    notifications.notify(
        membership_ids=[firm.actors["ben"].membership_id],
        event="timeexpense.returned", title="A week was returned", at=AT,
    )  # fmt: skip
    JobSchedule.objects.get_or_create(
        tenant=firm.tenant, kind="billing.retainer_periods",
        defaults={"title": "Retainer periods due", "daily_at_minute": 120, "next_due_at": AT},
    )  # fmt: skip
    imports.stage_file(
        kind_code="accounts",
        filename="accounts.csv",
        content=b"Name,Country\nNova,DE\n",
        actor=actors.for_operator(firm.tenant.pk),
        at=AT,
    )
    deliveries.send_invoice(
        invoice_id=invoice.pk, recipients=["ap@kessler.example"], message="", request_key="w",
        detail=Detail.BY_ROLE, with_backup=False, actor=firm.actors["bill"], at=AT,
    )  # fmt: skip
    decisions.record_decision(
        parameter="fx_policy", asked="Which rate?", considered="", decided="Spot",
        why="Customers pay in their own currency.", decided_by="The board", decided_on=PAID_ON,
        actor=firm.actors["ada"], at=AT,
    )  # fmt: skip
    ResourceException.objects.create(
        tenant=firm.tenant, resource=firm.resources["bea"], name="Leave",
        valid_from=date(2026, 8, 3), valid_until=date(2026, 8, 8),
    )  # fmt: skip
    contract = Contract.objects.earliest("pk")
    _amendment(firm, contract)
    ApprovalRequest.objects.create(
        tenant=firm.tenant, rule=AutomationRule.objects.get(code="contract_over_a_million"),
        gate="sales.contract.confirm", record_type="sales.Contract", record_id=contract.pk,
        record_label=contract.number, url_name="sales:contract", url_id=contract.pk,
        fingerprint="0" * 64, requested_by_id=firm.actors["amara"].membership_id, requested_at=AT,
    )  # fmt: skip
    documents.store_generated(
        record_type="billing.Invoice", record_id=invoice.pk, filename="scope.pdf",
        content=b"%PDF-1.4\n", content_type="application/pdf", kind="attachment", at=AT,
    )  # fmt: skip


def _amendment(firm: Firm, contract: Contract) -> None:
    """Drafted through its services, with a change that every contract can have."""
    actor = firm.actors["amara"]
    made = amendments.draft_amendment(
        contract_id=contract.pk, title="Longer", reason="The site opens later.",
        effective_on=MONDAY, actor=actor, at=AT,
    )  # fmt: skip
    amendments.add_change(
        amendment_id=made.pk, change=NewTerm(None, date(2027, 3, 31)), actor=actor, at=AT
    )


def _identity(firm: Firm) -> None:
    invitations.invite(
        email="nia@elsewhere.example", name="Nia", role_codes=["team_member"],
        actor=firm.actors["ada"], at=AT, sent_at=AT,
    )  # fmt: skip
    IdentityProvider.objects.create(
        tenant=firm.tenant, name="Directory", issuer="https://id.example", client_id="psa",
        sealed_secret="-", is_enabled=False,
    )  # fmt: skip


def _spending(firm: Firm, project: Project) -> None:
    """A policy rule, a journey asked for, a card line, a payroll export and a batch, as rows."""
    common, ben = {"tenant": firm.tenant}, firm.resources["ben"]
    uk = firm.entities["UK"]
    PolicyRule.objects.create(
        code="R1", name="Hotels", kind="per_night", limit_amount=150, currency="GBP",
        valid_from=date(2026, 1, 1), **common,
    )  # fmt: skip
    TravelRequest.objects.create(
        number="TR-90001", resource=ben, project=project, purpose="Go-live", destination="Munich",
        starts_on=MONDAY, ends_on=PAID_ON, currency="GBP", estimate_amount=400,
        state="submitted", created_at=AT, **common,
    )  # fmt: skip
    card = CompanyCard.objects.create(
        resource=ben, ending="1234", name="Visa", currency="EUR", **common
    )
    statement = CardStatement.objects.create(
        filename="july.csv", sha256="0" * 64, imported_at=AT, line_count=1, known_count=0, **common
    )
    CardLine.objects.create(
        statement=statement, card=card, fingerprint="0" * 64, spent_on=PAID_ON, currency="EUR",
        amount=10, merchant="Cab", **common,
    )  # fmt: skip
    export = PayrollExport.objects.create(
        legal_entity=uk, sequence=90001, starts_on=MONDAY, ends_on=PAID_ON, made_at=AT, **common
    )
    PayrollLine.objects.create(
        export=export,
        resource=ben,
        work_on=MONDAY,
        kind="normal",
        position=90,
        minutes=60,
        **common,
    )
    batch = ReimbursementBatch.objects.create(
        number="UK-RB2026-90001", legal_entity=uk, currency="EUR", execute_on=PAID_ON, made_at=AT,
        **common,
    )  # fmt: skip
    ReimbursementBatchEntry.objects.create(
        batch=batch,
        entry_id=_first(ExpenseEntry),
        resource=ben,
        amount=10,
        **common,
    )


def _lent_parties() -> dict[str, Any]:
    names = (
        "name", "address", "country", "tax_id", "registration", "email", "bank_name", "bank_iban",
        "bank_bic",
    )  # fmt: skip
    party = dict.fromkeys(names, "")
    return {"seller": party, "buyer": party, "taxes": [], "tax_note": ""}


def _saved_view(firm: Firm) -> int:
    """A view of the firm's own list, shared, so that every role of the firm may use it."""
    view = saved.save_view(
        list_key="notifications", name="Shared", query="view=all", is_shared=True,
        actor=firm.actors["ada"], at=AT,
    )  # fmt: skip
    return int(view.pk)


def _first(model: type[Model], **where: Any) -> int:
    """The id of one such record; none is an error in this module."""
    found = model._default_manager.filter(**where).order_by("pk").values_list("pk", flat=True)
    return int(found[0])


def _ids(world: World) -> dict[str, Any]:
    """Parameter → id; where two rooms mean different things by it, "room:parameter" → id."""
    work, firm = world.case.work, world.firm
    draft = Proposal.objects.order_by("-pk")[0]
    build = world.deal.build
    return {
        "account_id": work.account.pk,
        "intercompany_invoice_id": _first(IntercompanyInvoice),
        "intercompany_line_id": _first(IntercompanyInvoiceLine),
        "intercompany_payment_id": _first(IntercompanyPayment),
        "invitation_id": _first(Invitation),
        "provider_id": _first(IdentityProvider),
        "security_role_id": _first(Role, code="team_member"),
        "opportunity_id": _first(Opportunity),
        "quote_id": _first(Quote),
        "other_id": _first(Quote),
        "sales.views.quotes:line_id": build.pk,
        "sales.views.contracts:line_id": work.time_line.pk,
        "detail_id": _first(QuoteLineDetail, line=build),
        "transaction_class": "time",
        "contract_id": work.contract.pk,
        "amendment_id": _first(ContractAmendment),
        "change_id": _first(AmendmentChange),
        "sales.views.amendments:kind": "term",
        "sales.views.amendments:line_id": work.time_line.pk,
        "limit_id": _first(ContractLimit),
        "rule_id": _first(ChargeabilityRule),
        "override_id": _first(RateOverride),
        "project_id": work.project.pk,
        "figure": "spi",
        "number": 0,
        "version": 1,
        "act": "approve",
        "projects.budget_views:line_id": _first(BudgetLine),
        "status": "on_hold",
        "expense_id": _first(PlannedExpense),
        "projects.register_views:entry_id": _first(RegisterEntry),
        "projects.register_views:kind": "issue",
        "projects.report_views:report_id": _first(StatusReport),
        "projects.report_views:kind": "pdf",
        "edition": "client",
        "template_id": _first(ProjectTemplate),
        "plan_import_id": _first(PlanImport),
        "link_id": _first(ContractLineLink),
        "task_id": work.build.pk,
        "member_id": _first(TeamMember, project=work.project),
        "resource_id": firm.resources["ben"].pk,
        "on": MONDAY.isoformat(),
        "kind": "time",
        "timeexpense.views.weeks:entry_id": _first(TimeEntry),
        "timeexpense.views.approvals:entry_id": _first(TimeEntry, state="approved"),
        "timeexpense.views.expenses:entry_id": _first(ExpenseEntry),
        "timeexpense.views.policy:entry_id": _first(ExpenseEntry),
        "timeexpense.views.policy:rule_id": _first(PolicyRule),
        "timeexpense.views.policy:category_id": firm.categories["travel"].pk,
        "timeexpense.views.travel:request_id": _first(TravelRequest),
        "card_line_id": _first(CardLine),
        "payroll_id": _first(PayrollExport),
        "batch_id": _first(ReimbursementBatch),
        "file_format": "csv",
        "report_id": _first(ExpenseReport),
        "reading_id": _first(ReceiptReading),
        "billing.views.retainers:line_id": work.retainer_line.pk,
        "billing.views.retainers:period_id": _retainer_period(work),
        "billing.views.runs:run_id": _first(JobRun, kind=billing_runs.BILLING_RUN),
        "timeexpense.views.approval_desks:run_id": _first(JobRun, kind=approval_sets.JOB_KIND),
        "timeexpense.views.approval_desks:member_id": firm.actors["priya"].membership_id,
        "delegation_id": _first(ApprovalDelegation),
        "route_id": _first(ApprovalRoute),
        "psa.core.jobs.views:run_id": _first(JobRun, kind=billing_runs.BILLING_RUN),
        "psa.edges.integrations.imports.views:run_id": _first(ImportRun),
        "psa.edges.repricing.views:run_id": _first(JobRun, kind=billing_runs.BILLING_RUN),
        "proposal_id": draft.pk,
        "billing.views.proposals:line_id": _first(type(draft.lines.all()[0]), proposal=draft),
        "invoice_id": _first(Invoice),
        "move_id": _first(ReceivableMove),
        "reimbursement_id": _reimbursement(firm),
        "milestone_id": _first(ContractMilestone),
        "payment_id": _first(Payment),
        "delivery_id": _first(InvoiceDelivery),
        "billing.views.statements:delivery_id": _statement(firm, work.account),
        "mail_id": _quote_mail(firm, world.deal.quote),
        "list_id": _first(PriceList),
        "trace_id": _first(PriceTrace),
        "schedule_id": _first(JobSchedule),
        "notification_id": _first(Notification),
        "device_id": _first(PushDevice),
        "view_id": _saved_view(firm),
        "slug": "lists",
        "psa.core.audit.views:entry_id": _first(AuditEntry),
        "comment_id": _first(Comment),
        "booking_id": _first(Booking),
        "actual_id": _first(Actual),
        "psa.core.ledger.views:entry_id": _first(JournalEntry),
        "psa.core.pricing.views:line_id": _first(PriceLine, price_list_id=_first(PriceList)),
        "psa.core.ledger.views:line_id": _first(JournalLine),
        "psa.core.ledger.views:account_id": _first(LedgerAccount),
        "psa.edges.setup.views_of_books:account_id": _first(LedgerAccount),
        "period_id": _first(FiscalPeriod),
        "psa.core.ledger.views:run_id": _first(ProofRun),
        "export_id": _first(JournalExport),
        "mapping_id": _mapping(firm),
        "action": "run",
        "code": "soft_close",
        "entity_code": "UK",
        "estimate_id": _first(RevenueEstimate),
        "cost_id": _first(ContractCost),
        "charge_id": _first(ContractCostCharge),
        "record_type": "billing.Invoice",
        "record_id": _first(Invoice),
        "document_id": _first(Document),
        "entity_id": _first(LegalEntity),
        "unit_id": _first(OrgUnit),
        "role_id": _first(JobRole),
        "calendar_id": _first(WorkCalendar),
        "membership_id": firm.actors["ben"].membership_id,
        "decision_id": _first(ParameterDecision),
        "control_id": _first(ManualControl),
        "psa.core.automation.views:rule_id": _first(AutomationRule),
        "request_id": _first(ApprovalRequest),
        "gate_key": "sales.contract.confirm",
        "psa.core.automation.views:record_id": work.contract.pk,
        "category_id": _first(TransactionCategory),
        "field_id": _first(CustomField),
        "exception_id": _first(ResourceException),
        "psa.core.custom_fields.views:record_type": "sales.Account",
        "psa.core.custom_fields.views:record_id": work.account.pk,
        "profile_id": _first(PostingProfile),
        "tax_code_id": _first(TaxCode),
        "token_id": _token(firm),
        "endpoint_id": _webhook(firm).endpoint_id,
        "psa.edges.integrations.webhooks.views:delivery_id": _first(Delivery),
        "post_id": (post := _channel_post(firm)).pk,
        "channel_id": post.channel_id,
    }


def _mapping(firm: Firm) -> int:
    """An account mapping of the books, as a row."""
    return AccountMapping.objects.create(
        tenant=firm.tenant, legal_entity=firm.entities["UK"], name="Outside", package="csv"
    ).pk


def _reimbursement(firm: Firm) -> int:
    """A payment to Ben, as a row: nothing in this world waits to be paid back."""
    made = Reimbursement.objects.create(
        tenant=firm.tenant, number="UK-E2025-90001", legal_entity=firm.entities["UK"],
        resource=firm.resources["ben"], paid_on=PAID_ON, currency="GBP", amount=10, entity_rate=1,
        entity_rate_on=PAID_ON, booked_entity_amount=10, request_key="k3", recorded_at=AT,
        journal_entry_id=_first(JournalEntry),
    )  # fmt: skip
    return int(made.pk)


def _quote_mail(firm: Firm, quote: Quote) -> int:
    """A quote's document that waits for the mail server."""
    frozen = documents.store_generated(
        record_type="sales.Quote", record_id=quote.pk, filename="quote.pdf", content=b"%PDF-1.4",
        content_type="application/pdf", kind="quote", at=AT,
    )  # fmt: skip
    made = DocumentMail.objects.create(
        tenant=firm.tenant, record_type="sales.Quote", record_id=quote.pk, document=frozen,
        recipient="cleo@kessler.example", subject="Quote", message="Dear Cleo", request_key="k",
        requested_at=AT, outcome="Waits for the mail server",
    )  # fmt: skip
    return int(made.pk)


def _statement(firm: Firm, account: Account) -> int:
    """A statement of account that did not go out."""
    made = StatementDelivery.objects.create(
        tenant=firm.tenant, account=account, legal_entity=firm.entities["UK"], currency="EUR",
        from_on=CUTOFF, until_on=CUTOFF, recipient="ap@kessler.example", message="Dear",
        request_key="k", requested_at=AT, state="failed",
        outcome="The mail server did not answer 12 times",
    )  # fmt: skip
    return int(made.pk)


def _retainer_period(work: Any) -> int:
    """The first month of the retainer, over and not reconciled."""
    made = RetainerPeriod.objects.create(
        tenant_id=work.retainer_line.tenant_id, contract_line=work.retainer_line,
        starts_on=date(2026, 1, 1), ends_on=date(2026, 2, 1), amount=5000, included_minutes=2400,
    )  # fmt: skip
    return int(made.pk)


def _webhook(firm: Firm) -> Delivery:
    """A webhook with one delivery; made as rows, as adding one asks the name servers."""
    entry_id = _first(AuditEntry)
    endpoint = Endpoint.objects.create(
        tenant=firm.tenant, url="https://hooks.example/psa", created_at=AT, settled_entry_id=entry_id,
        sealed_secret=seals.seal("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", purpose="webhook"),
    )  # fmt: skip
    return Delivery.objects.create(
        tenant=firm.tenant, endpoint=endpoint, entry_id=entry_id, event="sales.account.created",
        created_at=AT, next_attempt_at=AT,
    )  # fmt: skip


def _channel_post(firm: Firm) -> Post:
    """A channel with one message; made as rows, as adding one asks the name servers."""
    channel = Channel.objects.create(
        tenant=firm.tenant, name="#approvals", kind="slack", host="hooks.example", created_at=AT,
        sealed_url=seals.seal("https://hooks.example/T1/B1/x", purpose="channel"),
        events=["timeexpense.handed_in"],
    )  # fmt: skip
    return Post.objects.create(
        tenant=firm.tenant, channel=channel, event="timeexpense.handed_in", title="Handed in",
        fingerprint="f", created_at=AT, next_attempt_at=AT,
    )  # fmt: skip


def _token(firm: Firm) -> int:
    made = tokens.create_personal_token(
        name="Export", scopes=["read"], days=30, actor=firm.actors["ben"], at=AT
    )
    return made.token.pk


# Where a person's own words stand; what is append-only has them from what it was made of.
_WORDS: dict[type[Model], Iterable[str]] = {
    Account: ("name", "legal_name", "address", "industry"),
    Contact: ("name", "job_title", "phone"),
    Opportunity: ("name", "source", "competitors", "description"),
    OpportunityStage: ("name",),
    Quote: ("scope", "terms"),
    QuoteLine: ("name",),
    Contract: ("name", "bill_to_name", "bill_to_address", "po_number"),
    ContractLine: ("name",),
    Project: ("name", "description", "health_comment"),
    Task: ("name",),
    Resource: ("name", "location"),
    Membership: ("name",),
    Role: ("name",),
    TimeEntry: ("description", "internal_note"),
    ExpenseReport: ("title",),
    TravelRequest: ("purpose", "destination"),
    CompanyCard: ("name",),
    CardLine: ("merchant",),
    PolicyRule: ("name",),
    ExpenseEntry: ("description", "merchant", "internal_note"),
    ContractMilestone: ("name", "acceptance_criteria"),
    LegalEntity: ("name", "address", "bank_name"),
    OrgUnit: ("name",),
    JobRole: ("name",),
    WorkCalendar: ("name",),
    PriceList: ("name",),
    ImportRun: ("filename", "summary"),
    JobRun: ("title", "message"),
    JobSchedule: ("title",),
    Notification: ("title", "body"),
    PushDevice: ("label",),
    Document: ("filename",),
}


def mark(firm: Firm, text: str) -> int:
    """Put `text` before the words of every record of the firm; how many records have it now."""
    marked = 0
    with firm.scope():
        for model, fields in _WORDS.items():
            for row in model._default_manager.all():
                words = dict.fromkeys(fields, f"{text} {row.pk}"[:120])
                for name in words:
                    limit = model._meta.get_field(name).max_length
                    words[name] = words[name][:limit]
                marked += model._default_manager.filter(pk=row.pk).update(**words)
    return marked
