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
            "project": ("Project Code",),
            "project_name": ("Project",),
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
            "person": ("Email", "User", "Member"),
            "person_name": ("User", "Member"),
            "project": ("Project",),
            "task": ("Task",),
            "work_on": ("Start date",),
            "time": ("Duration",),
            "description": ("Description",),
            "billable": ("Billable",),
            "external_id": ("Entry ID", "ID"),
        },
        signature=("Email", "Start date", "Start time", "Duration", "Tags"),
        note="Toggl Track: Reports → Detailed → Download CSV.",
    ),
    Profile(
        name="clockify",
        columns={
            "person": ("Email", "User"),
            "person_name": ("User",),
            "project": ("Project",),
            "task": ("Task",),
            "work_on": ("Start Date",),
            # To the second; two places of an hour are not.
            "time": ("Duration (h)", "Duration (decimal)"),
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
            "person_name": ("Author", "Full name", "Username"),
            "project": ("Project Key", "Project Name", "Project"),
            "project_name": ("Project Name",),
            "task": ("Task",),
            "work_on": ("Work date", "Started", "Start Date", "Date"),
            "time": ("Time Spent (seconds)", "Time Spent (s)", "Hours", "Time Spent", "Logged"),
            "description": ("Work Description", "Comment"),
            "external_id": ("Worklog ID", "Tempo Worklog ID"),
        },
        signature=("Issue Key",),
        note="Jira: an export of work logs, with the issue key, author, date and time spent.",
    ),
)
