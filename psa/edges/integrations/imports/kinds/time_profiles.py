"""Ready mappings for the time exports of known tools, after the columns they document."""

from ..kind_registry import Profile
from ..rules.cells import HOURS

PROFILES = (
    Profile(
        name="harvest",
        columns={
            "first_name": ("First Name",),
            "last_name": ("Last Name",),
            "person": ("Email", "Employee Email"),
            "project": ("Project Code", "Project"),
            "task": ("Task",),
            "work_on": ("Date",),
            "time": ("Hours",),
            "description": ("Notes",),
            "billable": ("Billable?",),
            "external_id": ("Time Entry ID", "ID"),
        },
        signature=("Project Code", "Hours", "Billable?", "First Name"),
        duration=HOURS,
        note="Harvest: Reports → Detailed time → Export as CSV or Excel.",
    ),
    Profile(
        name="toggl",
        columns={
            "person": ("Email", "User"),
            "project": ("Project",),
            "task": ("Task",),
            "work_on": ("Start date",),
            "time": ("Duration",),
            "description": ("Description",),
            "billable": ("Billable",),
            "external_id": ("Entry ID", "ID"),
        },
        signature=("User", "Start date", "Start time", "Duration", "Tags"),
        note="Toggl Track: Reports → Detailed → Download CSV.",
    ),
    Profile(
        name="clockify",
        columns={
            "person": ("Email", "User"),
            "project": ("Project",),
            "task": ("Task",),
            "work_on": ("Start Date",),
            "time": ("Duration (decimal)", "Duration (h)"),
            "description": ("Description",),
            "billable": ("Billable",),
            "external_id": ("Time entry ID", "ID"),
        },
        signature=("Project", "Duration (h)", "Start Date", "Email"),
        duration=HOURS,
        note="Clockify: Reports → Detailed → Export as CSV or Excel.",
    ),
    Profile(
        name="jira",
        columns={
            "person": ("Author email", "Username", "Author", "Full name"),
            "project": ("Project Key", "Project Name"),
            "task": ("Task",),
            "work_on": ("Work date", "Started", "Date"),
            "time": ("Time Spent (seconds)", "Hours", "Time Spent"),
            "description": ("Work Description", "Comment"),
            "external_id": ("Worklog ID", "Tempo Worklog ID"),
        },
        signature=("Issue Key",),
        note="Jira: an export of work logs, with the issue key, author, date and time spent.",
    ),
)
