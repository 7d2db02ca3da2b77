"""Endpoints of the room: runs, proposals, invoices, payments, milestones, retainers."""

from . import invoices, payments, proposals, receivable_moves
from .area import endpoints

__all__ = ["endpoints", "invoices", "payments", "proposals", "receivable_moves"]
