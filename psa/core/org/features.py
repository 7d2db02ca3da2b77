"""What the firm's deployment model offers, for who reads, writes or posts (docs/adr/0088)."""

from django.db import connection
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from psa.core.errors import DomainError

from . import selectors
from .models import TenantParameters
from .rules import deployment
from .rules.deployment import Books, DeploymentModel, Feature


class NotOffered(DomainError):
    """The firm's deployment model has no such thing."""


def offered() -> frozenset[Feature]:
    """What the firm's deployment model has. One query, none beside others of a page."""
    row = selectors.parameters_if_set()
    model = row.deployment_model if row else DeploymentModel.NON_STOCKED
    return deployment.OFFERED[DeploymentModel(model)]


def offers(feature: Feature) -> bool:
    """Whether the firm's deployment model has it. One query, none beside others of a page."""
    return feature in offered()


def offers_to_writer(feature: Feature) -> bool:
    """As `offers`, for who writes less without the feature: then the firm cannot move up before the
    writer's transaction ends, so that nothing it wrote is passed over. At most two queries."""
    if offers(feature):
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT deployment_model FROM org_tenantparameters FOR SHARE")
        (model,) = cursor.fetchone()
    return deployment.offers(model, feature)


def model_of(tenant_column: str) -> Coalesce:
    """The deployment model of the tenant that an outer query's column names, for a query that is
    asked anyway."""
    rows = TenantParameters.all_tenants.filter(tenant_id=OuterRef(tenant_column))
    return Coalesce(
        Subquery(rows.values("deployment_model")[:1]), Value(DeploymentModel.NON_STOCKED.value)
    )


def require(feature: Feature) -> None:
    """Raises  NotOffered, saying how the firm gets it. As many queries as `offers`."""
    if not offers(feature):
        raise not_offered(feature)


def not_offered(feature: Feature) -> NotOffered:
    return NotOffered(deployment.REFUSALS[feature])


def books() -> Books:
    """Whether journals are kept, and since when. One query, none beside others of a page."""
    row = selectors.parameters_if_set()
    if row is None:
        return Books(are_kept=True)
    return Books(deployment.offers(row.deployment_model, Feature.BOOKS), row.books_begin_on)
