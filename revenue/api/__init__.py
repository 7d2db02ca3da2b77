"""Endpoints of the room: estimates, work in progress, the close, lent work, unit margins."""

from . import intercompany, intercompany_payments, revenue, unit_margins
from .area import endpoints

__all__ = ["endpoints", "intercompany", "intercompany_payments", "revenue", "unit_margins"]
