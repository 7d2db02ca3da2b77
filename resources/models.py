"""Skills and bookings of people; identity and calendars live in psa.core.org."""

from django.db import models
from django.db.models import F, Q

from psa.core.tenancy.constraints import DatabaseTrigger
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Skill(TenantModel):
    name = models.CharField(max_length=80)
    group = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="skill_name")]

    def __str__(self) -> str:
        return self.name


class ResourceSkill(TenantModel):
    """A person's proficiency: 1 aware, 2 familiar, 3 proficient, 4 expert."""

    resource = TenantForeignKey("org.Resource", models.CASCADE, related_name="skills")
    skill = TenantForeignKey(Skill, models.CASCADE, related_name="holders")
    level = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "resource", "skill"], name="resource_skill_once"
            ),
            models.CheckConstraint(
                condition=models.Q(level__range=(1, 4)), name="skill_level_range"
            ),
        ]


class CapacityDay(TenantModel):
    """What a person can be booked for on a day: the minutes they work, and how many more were
    allowed with a reason. Written by who books; the database holds hard bookings to it."""

    resource = TenantForeignKey("org.Resource", models.CASCADE, related_name="+")
    on = models.DateField()
    minutes = models.PositiveSmallIntegerField()
    over_minutes = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "resource", "on"], name="capacity_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} on {self.on}"


class Booking(TenantModel):
    """A person's time reserved for a project. Soft reserves tentatively, hard commits.

    `percent` and `asked_minutes` are what the method was told; `minutes` is what was placed on
    days, `unplaced_minutes` what found no room. `valid_until` is exclusive.
    """

    class Status(models.TextChoices):
        SOFT = "soft", "Soft"
        HARD = "hard", "Hard"
        CANCELLED = "cancelled", "Cancelled"

    class Method(models.TextChoices):
        FULL_CAPACITY = "full", "Full capacity"
        REMAINING = "remaining", "What is left of the day"
        PERCENT = "percent", "Percent of capacity"
        HOURS_PER_DAY = "per_day", "Hours per day"
        EVENLY = "evenly", "Total hours, evenly"
        FRONT_LOADED = "front", "Total hours, front-loaded"

    resource = TenantForeignKey("org.Resource", related_name="bookings")
    project = TenantForeignKey("projects.Project", related_name="bookings")
    role = TenantForeignKey("org.JobRole", related_name="+")
    status = models.CharField(max_length=9, choices=Status)
    method = models.CharField(max_length=9, choices=Method)
    percent = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    asked_minutes = models.PositiveIntegerField(null=True, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField()
    minutes = models.PositiveIntegerField()
    unplaced_minutes = models.PositiveIntegerField(default=0)
    over_reason = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=300, blank=True)
    booked_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    booked_at = models.DateTimeField()
    ended_because = models.CharField(max_length=200, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="booking_has_days"
            ),
            models.CheckConstraint(
                condition=~Q(method="percent") | Q(percent__gt=0), name="booking_percent"
            ),
            models.CheckConstraint(
                condition=~Q(method__in=("per_day", "evenly", "front")) | Q(asked_minutes__gt=0),
                name="booking_asked_minutes",
            ),
            DatabaseTrigger(
                name="booking_made_hard_fits",
                definition=(
                    "TRIGGER {name} AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed "
                    "FOR EACH STATEMENT EXECUTE FUNCTION psa_check_hard_bookings()"
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "resource", "valid_from"], name="booking_by_resource"),
            models.Index(fields=["tenant", "project"], name="booking_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.resource_id} on {self.project_id} from {self.valid_from}"


class BookingDay(TenantModel):
    """A booking's minutes on one day: its contour."""

    booking = TenantForeignKey(Booking, models.CASCADE, related_name="days")
    on = models.DateField()
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "booking", "on"], name="booking_day_once"),
            models.CheckConstraint(
                condition=Q(minutes__range=(1, 1440)), name="booking_day_minutes"
            ),
            DatabaseTrigger(
                name="booked_day_fits",
                definition=(
                    "TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS changed "
                    "FOR EACH STATEMENT EXECUTE FUNCTION psa_check_booked_days()"
                ),
            ),
            DatabaseTrigger(
                name="booked_day_still_fits",
                definition=(
                    "TRIGGER {name} AFTER UPDATE ON {table} REFERENCING NEW TABLE AS changed "
                    "FOR EACH STATEMENT EXECUTE FUNCTION psa_check_booked_days()"
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking_id} on {self.on}"
