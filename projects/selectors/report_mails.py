"""How a status report went out, and the text it goes out with."""

from psa.core.documents.language import long_day, said, written_in
from psa.core.notifications.mailing import DeliveryView, views_of
from sales.models import Contact

from ..models import Project, ReportDelivery, StatusReport
from ..rules.reporting import ReportContent


def deliveries_of(report: StatusReport) -> tuple[DeliveryView, ...]:
    """The newest first. One query."""
    rows = ReportDelivery.objects.filter(report=report).select_related("sent_by").order_by("-id")
    return views_of(rows)


def waiting_ids(limit: int = 200) -> list[int]:
    """E-mails that wait, oldest first. One query."""
    rows = ReportDelivery.objects.filter(state=ReportDelivery.State.WAITING).order_by("id")
    return list(rows.values_list("id", flat=True)[:limit])


def client_addresses(project: Project) -> list[str]:
    """E-mail addresses of the customer's contacts, by name. One query."""
    if project.account_id is None:
        return []
    rows = Contact.objects.filter(account_id=project.account_id).exclude(email="")
    return list(rows.order_by("name").values_list("email", flat=True))


def usual_message(content: ReportContent) -> str:
    """What the e-mail says, in the client's language, when the sender writes nothing else."""
    with written_in(content.language):
        sentence = said(
            "please find attached our status report {number} on {project} as of {day}.",
            number=content.number, project=content.project_name, day=long_day(content.as_of),
        )  # fmt: skip
        return (
            f"{said('Dear Sir or Madam,')}\n\n{sentence}\n\n"
            f"{said('Kind regards')}\n{content.manager_name}\n{content.seller_name}\n"
        )


def subject_of(content: ReportContent) -> str:
    """The subject of the e-mail, in the client's language."""
    with written_in(content.language):
        return said(
            "Status report {number}: {project}, as of {day}",
            number=content.number, project=content.project_name, day=long_day(content.as_of),
        )  # fmt: skip
