"""What a project may cost: versions of its budget, what it plans to buy, and who lets it pass."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantFact, TenantForeignKey, TenantModel

from .projects import Project, Task


class PlannedExpense(TenantModel):
    """Something a task will need beside work: travel, licences, materials. Amounts in `currency`."""

    project = TenantForeignKey(Project, models.CASCADE, related_name="planned_expenses")
    task = TenantForeignKey(Task, models.CASCADE, related_name="planned_expenses")
    category = TenantForeignKey("org.TransactionCategory", related_name="+")
    description = models.CharField(max_length=160, blank=True)
    planned_on = models.DateField()
    currency = models.CharField(max_length=3)
    cost_amount = models.DecimalField(max_digits=19, decimal_places=4)
    price_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    is_spent = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cost_amount__gte=0, price_amount__gte=0),
                name="planned_expense_amounts",
            )
        ]
        indexes = [models.Index(fields=["tenant", "task"], name="planned_expense_by_task")]

    def __str__(self) -> str:
        return self.description or str(self.category_id)


class Budget(TenantModel):
    """One version of a project's budget; the approved one is its budget. In the firm's currency."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"

    class Source(models.TextChoices):
        PLAN = "plan", "From the plan"
        QUOTE = "quote", "From the quote"
        ENTERED = "entered", "Entered"

    project = TenantForeignKey(Project, models.CASCADE, related_name="budgets")
    version = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    source = models.CharField(max_length=8, choices=Source)
    note = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "version"], name="budget_version"),
            models.UniqueConstraint(
                fields=["tenant", "project"],
                condition=Q(status="approved"),
                name="budget_approved_once",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(approved_at__isnull=False),
                name="budget_approved_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"Budget version {self.version}"


class BudgetLine(TenantModel):
    """A part of a budget: by class and category, role, task or month, whichever are known."""

    budget = TenantForeignKey(Budget, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    transaction_class = models.CharField(max_length=10)
    category = TenantForeignKey("org.TransactionCategory", null=True, blank=True, related_name="+")
    role = TenantForeignKey("org.JobRole", null=True, blank=True, related_name="+")
    task = TenantForeignKey(Task, models.SET_NULL, null=True, blank=True, related_name="+")
    month_on = models.DateField(null=True, blank=True)
    description = models.CharField(max_length=160, blank=True)
    minutes = models.PositiveIntegerField(null=True, blank=True)
    cost_amount = models.DecimalField(max_digits=19, decimal_places=4)
    revenue_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "budget", "position"], name="budget_line"),
            models.CheckConstraint(
                condition=Q(cost_amount__gte=0, revenue_amount__gte=0), name="budget_line_amounts"
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.transaction_class


class BudgetOverride(TenantFact):
    """Finance lets a project's cost pass its budget by so much, and says why. Kept for ever."""

    project = TenantForeignKey(Project, db_index=False, related_name="+")
    extra_amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=300)
    given_at = models.DateTimeField()
    given_by = TenantForeignKey(
        "access.Membership", null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            AppendOnly(name="budget_override_append_only"),
            models.CheckConstraint(condition=Q(extra_amount__gt=0), name="budget_override_amount"),
        ]
        indexes = [models.Index(fields=["tenant", "project"], name="override_by_project")]

    def __str__(self) -> str:
        return self.reason
