"""What each deployment model offers: Lite, non-stocked, stocked. Source: spec 00."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final


class DeploymentModel(StrEnum):
    """How much of the system a firm works with; it goes up this order, never down once it posted."""

    LITE = "lite"
    NON_STOCKED = "non_stocked"
    STOCKED = "stocked"


class Feature(StrEnum):
    """What only some models offer. Planning, staffing, time, expense and approvals are in all."""

    SALES_ACTUALS = "sales_actuals"
    BOOKS = "books"
    REVENUE = "revenue"
    STOCK = "stock"


_SERVICES: Final = frozenset({Feature.SALES_ACTUALS, Feature.BOOKS, Feature.REVENUE})
OFFERED: Final = {
    DeploymentModel.LITE: frozenset[Feature](),
    DeploymentModel.NON_STOCKED: _SERVICES,
    DeploymentModel.STOCKED: _SERVICES | {Feature.STOCK},
}
# What is said where a firm's model has no such thing.
REFUSALS: Final = {
    Feature.SALES_ACTUALS: "Your firm works as Lite: approved work has no sales, and invoices are "
    "written by hand. An administrator can move it up under Set up, Deployment model; nothing is "
    "lost by it.",
    Feature.BOOKS: "Your firm works as Lite and keeps no books. An administrator can move it up under "
    "Set up, Deployment model; nothing is lost by it.",
    Feature.REVENUE: "Your firm works as Lite, without work in progress and revenue recognition. An "
    "administrator can move it up under Set up, Deployment model; nothing is lost by it.",
    Feature.STOCK: "Your firm works without stock.",
}


@dataclass(frozen=True, slots=True)
class Books:
    """Whether the firm keeps books here, and since when (None: since it began)."""

    are_kept: bool
    begin_on: date | None = None

    def hold(self, posted_on: date) -> bool:
        """Whether what is posted on this day belongs in the journals."""
        return self.are_kept and (self.begin_on is None or posted_on >= self.begin_on)


def offers(model: str, feature: str) -> bool:
    """Whether a firm of this model has the feature."""
    return feature in OFFERED[DeploymentModel(model)]


def is_above(model: str, other: str) -> bool:
    """Whether `model` offers more than `other`."""
    order = list(DeploymentModel)
    return order.index(DeploymentModel(model)) > order.index(DeploymentModel(other))
