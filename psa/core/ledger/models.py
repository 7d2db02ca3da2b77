"""The two ledgers: actuals (project sub-ledger) and journals (general ledger). Facts are appended."""

from datetime import timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from psa.core.org.models import DateRange
from psa.core.tenancy.constraints import AppendOnly, DatabaseTrigger
from psa.core.tenancy.models import TenantFact, TenantForeignKey, TenantModel


class FiscalPeriod(TenantModel):
    """A month of one legal entity's books: open → soft-closed (finance only) → closed."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        SOFT_CLOSED = "soft_closed", "Soft-closed"
        CLOSED = "closed", "Closed"

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="periods")
    name = models.CharField(max_length=12)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="exclusive")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "legal_entity", "name"], name="period_name"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="period_has_days"),
            ExclusionConstraint(
                name="fiscal_periods_do_not_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("legal_entity", RangeOperators.EQUAL),
                    (DateRange("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "legal_entity", "starts_on"], name="period_by_date")
        ]

    @property
    def title(self) -> str:
        """“September 2026” of a calendar month; else its name."""
        last = self.ends_on - timedelta(days=1)
        is_month = self.starts_on.day == self.ends_on.day == 1
        if is_month and (last.year, last.month) == (self.starts_on.year, self.starts_on.month):
            return f"{self.starts_on:%B %Y}"
        return self.name

    def __str__(self) -> str:
        return self.name


class PeriodEvent(TenantModel):
    """Every closing and re-opening of a period, with who and why. Append-only."""

    period = TenantForeignKey(FiscalPeriod, related_name="events")
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = TenantForeignKey("access.Membership", null=True, related_name="+")

    class Meta:
        constraints = [AppendOnly(name="period_event_append_only")]

    @property
    def came_from(self) -> str:
        """The state that it left, in words."""
        return str(FiscalPeriod.State(self.from_state).label)

    @property
    def went_to(self) -> str:
        return str(FiscalPeriod.State(self.to_state).label)


class ActualBatch(TenantModel):
    """The actuals that one call of ``ledger.post`` recorded; a posting run journals them together."""

    kind = models.CharField(max_length=30)
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    journalled_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    totals_counted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["tenant", "id"],
                condition=Q(journalled_at__isnull=True),
                name="batch_not_journalled",
            ),
            models.Index(
                fields=["tenant", "id"],
                condition=Q(counted_at__isnull=True),
                name="batch_not_counted",
            ),
            models.Index(
                fields=["tenant", "id"],
                condition=Q(totals_counted_at__isnull=True),
                name="batch_totals_not_counted",
            ),
        ]


class Actual(TenantFact):
    """One financial effect. Never updated, deleted or truncated; a correction is a reversal.

    Dimensions that point into rooms (project, task, contract, …) are plain ids: the one door proves
    them in a set-based check per batch, and a nightly proof repeats it.
    """

    actual_type = models.CharField(max_length=24)
    work_on = models.DateField()
    posted_on = models.DateField()
    recorded_at = models.DateTimeField()
    period = TenantForeignKey(FiscalPeriod, db_index=False, related_name="+")
    legal_entity_id = models.BigIntegerField()
    contracting_unit_id = models.BigIntegerField(null=True)
    resourcing_unit_id = models.BigIntegerField(null=True)
    project_id = models.BigIntegerField(null=True)
    task_id = models.BigIntegerField(null=True)
    contract_id = models.BigIntegerField(null=True)
    contract_line_id = models.BigIntegerField(null=True)
    funding_source_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    resource_id = models.BigIntegerField(null=True)
    role_id = models.BigIntegerField(null=True)
    category_id = models.BigIntegerField(null=True)
    transaction_class = models.CharField(max_length=10)
    item = models.CharField(max_length=60, blank=True)
    billing_type = models.CharField(max_length=16)
    minutes = models.IntegerField(null=True)
    quantity = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    unit = models.CharField(max_length=10)
    price = models.DecimalField(max_digits=20, decimal_places=6)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    list_amount = models.DecimalField(max_digits=19, decimal_places=4)
    entity_currency = models.CharField(max_length=3)
    entity_rate = models.DecimalField(max_digits=20, decimal_places=10)
    entity_rate_on = models.DateField()
    entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    tenant_amount = models.DecimalField(max_digits=19, decimal_places=4)
    # Tax that can be recovered, beside the net amount; and the event its journal is made by.
    recoverable_tax = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    entity_recoverable_tax = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    posting_event = models.CharField(max_length=24, blank=True)
    price_trace_id = models.BigIntegerField(null=True)
    source_kind = models.CharField(max_length=20)
    source_id = models.BigIntegerField()
    revision = models.PositiveSmallIntegerField(default=1)
    leg = models.PositiveSmallIntegerField(default=1)
    reversal_of = TenantForeignKey(
        "self", null=True, blank=True, db_index=False, related_name="reversals"
    )
    batch = TenantForeignKey(ActualBatch, db_index=False, related_name="actuals")
    recorded_by_id = models.BigIntegerField(null=True)
    description = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source_kind", "source_id", "revision", "actual_type", "leg"],
                name="actual_once",
            ),
            AppendOnly(name="actual_append_only"),
            DatabaseTrigger(
                name="actual_period_open",
                definition=(
                    "TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
                    "FOR EACH STATEMENT EXECUTE FUNCTION psa_check_actual_period()"
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "contract_line_id", "actual_type", "work_on"],
                name="actual_by_contract_line",
            ),
            models.Index(
                fields=["tenant", "contract_id", "actual_type", "work_on"],
                name="actual_by_contract",
            ),
            models.Index(
                fields=["tenant", "project_id", "actual_type", "work_on"], name="actual_by_project"
            ),
            models.Index(fields=["tenant", "batch"], name="actual_by_batch"),
            models.Index(
                fields=["tenant", "legal_entity_id", "posted_on"], name="actual_by_entity_date"
            ),
            # Work lent between legal entities: few rows among many.
            models.Index(
                fields=["tenant", "work_on"],
                condition=Q(posting_event__in=["borrowed_cost", "intercompany_sales", "lent_cost"]),
                name="actual_lent",
            ),
        ]


class ActualLink(TenantFact):
    """Drill-down between rows of different sources: unbilled ↔ billed, replaced ↔ replacing."""

    kind = models.CharField(max_length=12)
    from_actual = TenantForeignKey(Actual, db_index=False, related_name="links_out")
    to_actual = TenantForeignKey(Actual, db_index=False, related_name="links_in")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "from_actual", "to_actual"], name="actual_link_once"
            ),
            AppendOnly(name="actual_link_append_only"),
        ]
        indexes = [models.Index(fields=["tenant", "to_actual"], name="actual_link_back")]


class ActualClaim(TenantFact):
    """Who holds an actual for a draft: unique while live, so two drafts can't take one."""

    actual = TenantForeignKey(Actual, db_index=False, related_name="claims")
    holder_kind = models.CharField(max_length=20)
    holder_id = models.BigIntegerField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "actual"],
                condition=Q(released_at__isnull=True),
                name="actual_claimed_once",
            )
        ]
        indexes = [
            # Not led by the tenant: a look-up by actual must never be tempted to walk a holder's
            # claims, which on tables not analysed yet looks as cheap as the unique key.
            models.Index(
                fields=["holder_id", "holder_kind", "tenant"],
                condition=Q(released_at__isnull=True),
                name="live_claims_of_holder",
            )
        ]


class LedgerAccount(TenantModel):
    """A general-ledger account of the firm's chart; every legal entity books on the same chart."""

    class Kind(models.TextChoices):
        ASSET = "asset", "Asset"
        LIABILITY = "liability", "Liability"
        EQUITY = "equity", "Equity"
        INCOME = "income", "Income"
        EXPENSE = "expense", "Expense"

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=9, choices=Kind)
    is_monetary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="ledger_account_code")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class PostingProfile(TenantModel):
    """Which account an event's slot goes to; the most specific row wins."""

    event = models.CharField(max_length=40)
    slot = models.CharField(max_length=30)
    category = TenantForeignKey("org.TransactionCategory", null=True, blank=True, related_name="+")
    org_unit = TenantForeignKey("org.OrgUnit", null=True, blank=True, related_name="+")
    legal_entity = TenantForeignKey("org.LegalEntity", null=True, blank=True, related_name="+")
    account = TenantForeignKey(LedgerAccount, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "event", "slot", "category", "org_unit", "legal_entity"],
                name="posting_profile_once",
                nulls_distinct=False,
            )
        ]


class NumberSequence(TenantModel):
    """The counter of a gapless series; its row is the last lock a posting takes."""

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    document_type = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)
    last_dated_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "document_type", "year"],
                name="number_sequence_once",
            )
        ]


class JournalEntry(TenantModel):
    """A posted double entry of one legal entity and date. Balanced and immutable by the database."""

    legal_entity = TenantForeignKey("org.LegalEntity", db_index=False, related_name="+")
    number = models.CharField(max_length=30)
    entry_on = models.DateField()
    period = TenantForeignKey(FiscalPeriod, db_index=False, related_name="+")
    event = models.CharField(max_length=40)
    source_kind = models.CharField(max_length=20)
    source_ref = models.CharField(max_length=80)
    description = models.CharField(max_length=200)
    project_id = models.BigIntegerField(null=True)
    reverses = TenantForeignKey(
        "self", null=True, blank=True, db_index=False, related_name="reversed_by"
    )
    is_closing = models.BooleanField(default=False)
    line_count = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=21, decimal_places=4)
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "number"], name="journal_number_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="journal_reversed_once",
            ),
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "source_kind", "source_ref", "event"],
                condition=Q(reverses__isnull=True),
                name="journal_source_once",
            ),
            AppendOnly(name="journal_entry_append_only"),
            DatabaseTrigger(
                name="journal_period_open",
                definition=(
                    "TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
                    "FOR EACH STATEMENT EXECUTE FUNCTION psa_check_journal_period()"
                ),
            ),
            DatabaseTrigger(
                name="journal_balances",
                definition=(
                    "CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED "
                    "FOR EACH ROW EXECUTE FUNCTION psa_check_journal_balance()"
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "legal_entity", "entry_on"], name="journal_by_date"),
        ]


class JournalLine(TenantModel):
    """One posting: debit or credit in the entity's currency, the rest are facts beside it."""

    entry = TenantForeignKey(JournalEntry, db_index=False, related_name="lines")
    position = models.PositiveIntegerField()
    account = TenantForeignKey(LedgerAccount, db_index=False, related_name="+")
    debit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    credit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    currency = models.CharField(max_length=3)
    currency_amount = models.DecimalField(max_digits=19, decimal_places=4)
    rate = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    rate_type = models.CharField(max_length=10, default="spot", db_default="spot")
    project_id = models.BigIntegerField(null=True)
    contract_id = models.BigIntegerField(null=True)
    contract_line_id = models.BigIntegerField(null=True)
    org_unit_id = models.BigIntegerField(null=True)
    category_id = models.BigIntegerField(null=True)
    customer_id = models.BigIntegerField(null=True)
    memo = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "entry", "position"], name="journal_line_once"
            ),
            models.CheckConstraint(
                condition=(Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0)),
                name="journal_line_one_side",
            ),
            AppendOnly(name="journal_line_append_only"),
            DatabaseTrigger(
                name="journal_line_entry_complete",
                definition=(
                    "TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
                    "FOR EACH STATEMENT EXECUTE FUNCTION psa_check_journal_lines()"
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "account", "entry"], name="journal_line_by_account"),
            models.Index(
                fields=["tenant", "contract_id", "account"], name="journal_line_by_contract"
            ),
        ]


class ActualJournalLine(TenantFact):
    """Which journal line an actual went into: the drill-down from the books to the work."""

    actual = TenantForeignKey(Actual, db_index=False, related_name="journal_links")
    journal_line = TenantForeignKey(JournalLine, db_index=False, related_name="actual_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "actual", "journal_line"], name="actual_journalled_once"
            ),
            AppendOnly(name="actual_journal_append_only"),
        ]
        indexes = [models.Index(fields=["tenant", "journal_line"], name="actuals_of_journal_line")]


class ProofRun(TenantModel):
    """The result of reconciling sub-ledger and general ledger of one entity, as of a date."""

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    as_of = models.DateField()
    run_at = models.DateTimeField()
    is_proven = models.BooleanField()
    results = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "legal_entity", "-id"], name="proof_run_latest")]


class JournalExport(TenantModel):
    """A journal export that was taken: its range, count and hash, to prove a repeat identical."""

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    format = models.CharField(max_length=10)
    last_entry_id = models.BigIntegerField()
    entry_count = models.PositiveIntegerField()
    # The days of the entries in it, both included; None: from the first, to the last.
    from_on = models.DateField(null=True)
    until_on = models.DateField(null=True)
    # The account mapping as it was, so that a repeat is identical whatever became of it.
    package_terms = models.JSONField(null=True)
    sha256 = models.CharField(max_length=64)
    exported_at = models.DateTimeField()
    exported_by = TenantForeignKey("access.Membership", null=True, related_name="+")


# Part of this app's models; they stand in files of their own for their length.
from psa.core.ledger.mapping_models import AccountMapping as AccountMapping  # noqa: E402
from psa.core.ledger.mapping_models import MappedAccount as MappedAccount  # noqa: E402
from psa.core.ledger.unbilled_models import UnbilledContract as UnbilledContract  # noqa: E402
from psa.core.ledger.unbilled_models import UnbilledDay as UnbilledDay  # noqa: E402
from psa.core.ledger.unbilled_models import UnbilledMove as UnbilledMove  # noqa: E402
