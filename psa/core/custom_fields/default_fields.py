"""The fields that every implementation asks for, as data; a firm changes or retires them."""

from dataclasses import dataclass
from typing import Final

from psa.core.web.sentences import AsWritten


@dataclass(frozen=True, slots=True)
class DefaultField:
    record_type: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()
    help_text: str = ""


_PRACTICES: Final = ("Strategy", "Technology", "Engineering", "Operations", "People")

DEFAULT_FIELDS: Final = (
    DefaultField(
        "sales.Account", "Client industry", "choice",
        ("Financial services", "Public sector", "Health", "Manufacturing", "Energy", "Retail",
         "Technology", "Other"),
    ),
    DefaultField("sales.Account", "Strategic importance", "choice", ("Key", "Growth", "Standard")),
    DefaultField("sales.Opportunity", "Practice area", "choice", _PRACTICES),
    DefaultField(
        "sales.Contract", "Engagement type", "choice",
        ("Advisory", "Implementation", "Managed service", "Staff augmentation", "Training"),
    ),
    DefaultField("sales.Contract", "Client PO number", "text"),
    DefaultField("projects.Project", "Practice area", "choice", _PRACTICES),
    DefaultField("projects.Project", "Profit centre", "text"),
    DefaultField("projects.Project", "Delivery manager", "user"),
    DefaultField(
        "projects.Project", "Finance contact", "user",
        help_text="Told when an invoice of the project is confirmed.",
    ),
    DefaultField(
        "projects.Task", "Activity type", "choice",
        ("Analysis", "Design", "Build", "Test", "Management", "Support"),
    ),
)  # fmt: skip
# Record type and key of a shipped field → the texts it came with.
_SHIPPED: Final = {
    (one.record_type, one.label.lower().replace(" ", "_")): {
        one.label,
        one.help_text,
        *one.choices,
    }
    for one in DEFAULT_FIELDS
}


def as_written(record_type: str, key: str, text: str) -> str:
    """A text of a field: one it came with is ours, and can be told; any other is the firm's own."""
    return text if text in _SHIPPED.get((record_type, key), ()) else AsWritten(text)
