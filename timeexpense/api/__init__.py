"""Endpoints of the room: time, expenses, and their approval."""

from . import approvals, expenses, time
from .area import endpoints

__all__ = ["approvals", "endpoints", "expenses", "time"]
