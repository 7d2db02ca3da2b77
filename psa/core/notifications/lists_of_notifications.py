"""The list of one's own notifications, as a declaration."""

from django.db.models import Q
from django.urls import reverse

from psa.core.web import sentences
from psa.core.web.lists import Action, BulkAction, Column, DateRangeFilter, Empty, ListSpec, View
from psa.core.web.states import State

READ_STATES = {True: State("Unread", "go", icon="bell"), False: State("Read", icon="check")}

NOTIFICATIONS = ListSpec(
    key="notifications",
    title="Notifications",
    noun=("notification", "notifications"),
    columns=(
        Column(
            "title",
            "What",
            kind="link",
            sort="title",
            value=lambda row: sentences.told(row.title),
        ),
        Column("body", "More", phone=False),
        Column(
            "read_at",
            "State",
            kind="state",
            value=lambda row: row.read_at is None,
            states=READ_STATES,
        ),
        Column("created_at", "When", kind="datetime", sort="created_at"),
    ),
    filters=(DateRangeFilter("created_at", "When"),),
    views=(
        View("unread", "Unread", where=Q(read_at__isnull=True)),
        View("all", "All"),
    ),
    order="-id",
    row_url=lambda row: reverse("notifications:notification", args=[row.pk]),
    row_label=lambda row: sentences.told(row.title),
    bulk=(
        BulkAction("Mark as read", "notifications:mark_read", icon="checks"),
        BulkAction("Mute these records", "notifications:mute_records", icon="circle-minus"),
    ),
    actions=(Action("Preferences", "notifications:preferences", icon="settings"),),
    empty=Empty("Nothing unread", "What needs you appears here and at the bell.", icon="bell"),
    export=False,
)
