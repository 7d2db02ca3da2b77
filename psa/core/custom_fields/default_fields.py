"""The fields that every implementation asks for, as data; a firm changes or retires them."""

from dataclasses import dataclass
from typing import Final


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
