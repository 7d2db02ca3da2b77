"""Rules of the firm, what they did, and the approvals they ask for."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class AutomationRule(TenantModel):
    """When something happens and the conditions hold, then somebody is told, asked, or a hook is
    called.
    """

    class TriggerKind(models.TextChoices):
        EVENT = "event", "Something happened"
        DEADLINE = "deadline", "A day comes near"
        WEEKLY = "weekly", "A day of each week"
        GATE = "gate", "Somebody is about to"

    class Action(models.TextChoices):
        NOTIFY = "notify", "Notify"
        WEBHOOK = "webhook", "Call the webhooks"
        APPROVAL = "approval", "Require approval"

    # Names a rule that came with the system; empty for the firm's own.
    code = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=120)
    trigger_kind = models.CharField(max_length=8, choices=TriggerKind)
    trigger = models.CharField(max_length=80)
    lead_days = models.PositiveSmallIntegerField(default=0)
    # Escalation: so many days after the day, if the record still stands as it did.
    after_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    weekday = models.PositiveSmallIntegerField(default=0)
    action = models.CharField(max_length=8, choices=Action)
    message = models.CharField(max_length=160, blank=True)
    approver_role = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    # Only what the trail says after this entry can fire it: switching on never fires the past.
    active_after_entry_id = models.BigIntegerField(default=0)
    created_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "code"], condition=~Q(code=""), name="automation_rule_code"
            ),
            models.CheckConstraint(
                condition=Q(trigger_kind="gate", action="approval")
                | (~Q(trigger_kind="gate") & ~Q(action="approval")),
                name="gates_alone_ask_approval",
            ),
            models.CheckConstraint(
                condition=Q(lead_days=0) | Q(after_days=0), name="rule_before_or_after_a_day"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "trigger_kind", "trigger"],
                condition=Q(is_active=True),
                name="automation_rule_active",
            )
        ]

    def __str__(self) -> str:
        return self.name


class RuleCondition(TenantModel):
    """All conditions of a rule have to hold."""

    rule = TenantForeignKey(AutomationRule, models.CASCADE, related_name="conditions")
    position = models.PositiveSmallIntegerField()
    field = models.CharField(max_length=40)
    operator = models.CharField(max_length=12)
    value = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "rule", "position"], name="rule_condition_position"
            )
        ]


class RuleRecipient(TenantModel):
    """Who is told: a person of the record or their manager, everybody of a role, or a member."""

    class Kind(models.TextChoices):
        PERSON = "person", "A person of the record"
        ABOVE = "above", "The manager of a person of the record"
        ROLE = "role", "A role"
        MEMBER = "member", "A member"

    rule = TenantForeignKey(AutomationRule, models.CASCADE, related_name="recipients")
    kind = models.CharField(max_length=6, choices=Kind)
    key = models.CharField(max_length=40, blank=True)
    member = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "rule", "kind", "key", "member"],
                name="rule_recipient_once",
                nulls_distinct=False,
            )
        ]


class RuleRun(TenantModel):
    """That a rule fired, once for each occurrence: the run log."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        NOBODY = "nobody", "Nobody to tell"
        FAILED = "failed", "Failed"

    rule = TenantForeignKey(AutomationRule, models.CASCADE, related_name="runs")
    # "entry 123", "due 45 2026-07-31", "week 2026-07-06": what it fired for.
    occurrence = models.CharField(max_length=80)
    at = models.DateTimeField()
    record_type = models.CharField(max_length=60, blank=True)
    record_id = models.BigIntegerField(null=True, blank=True)
    record_label = models.CharField(max_length=200, blank=True)
    url_name = models.CharField(max_length=60, blank=True)
    url_id = models.BigIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=6, choices=Outcome)
    outcome_note = models.CharField(max_length=300, blank=True)
    recipient_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "rule", "occurrence"], name="rule_fires_once")
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="rule_run_latest")]


class EventCursor(TenantModel):
    """How far the trail is read, and up to where nothing can be added any more."""

    read_entry_id = models.BigIntegerField(default=0)
    settled_entry_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="one_event_cursor")]


class ApprovalRequest(TenantModel):
    """That somebody asks for the approval a rule wants before a step."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"

    rule = TenantForeignKey(AutomationRule, related_name="requests")
    gate = models.CharField(max_length=60)
    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    record_label = models.CharField(max_length=200)
    url_name = models.CharField(max_length=60)
    url_id = models.BigIntegerField()
    # What the approval is for: the values that the rule looked at. Others need it anew.
    fingerprint = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)
    requested_by = TenantForeignKey("access.Membership", related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    decided_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    comment = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "rule", "record_id", "fingerprint"],
                condition=Q(state__in=("waiting", "approved")),
                name="one_live_approval_request",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "-id"],
                condition=Q(state="waiting"),
                name="approval_request_waiting",
            )
        ]
