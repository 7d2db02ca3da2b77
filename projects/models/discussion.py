"""What people say to each other about a project and its tasks, and what waits for an undo."""

from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Comment(TenantModel):
    """What somebody wrote about a project, or about one of its tasks.

    `task_name` outlives the task. A comment that was taken back keeps its place, without its text.
    """

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="comments")
    task = TenantForeignKey(
        "projects.Task", models.SET_NULL, null=True, blank=True, related_name="comments"
    )
    task_name = models.CharField(max_length=160, blank=True)
    text = models.TextField()
    author = TenantForeignKey("access.Membership", null=True, related_name="+")
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(removed_at__isnull=False) | ~models.Q(text=""),
                name="comment_says_something",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "project", "-id"], name="comment_by_project"),
            models.Index(fields=["tenant", "task"], name="comment_by_task"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Mention(TenantModel):
    """Whom a comment names; they were told once."""

    comment = TenantForeignKey(Comment, models.CASCADE, related_name="mentions")
    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "comment", "membership"], name="mention_once")
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} in {self.comment_id}"


class DeletedTask(TenantModel):
    """The number of a task that was deleted, and what hung on it: an undo brings both back.

    `kept` names rows that only lost their task (ids by model) and holds those that went with it.
    """

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="+")
    task_number = models.BigIntegerField()
    kept = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "task_number"], name="deleted_task_once"
            )
        ]

    def __str__(self) -> str:
        return str(self.task_number)
