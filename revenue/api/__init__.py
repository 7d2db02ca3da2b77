"""Endpoints of the room: estimates, work in progress, the close, lent work."""

from . import intercompany, revenue
from .area import endpoints

__all__ = ["endpoints", "intercompany", "revenue"]
