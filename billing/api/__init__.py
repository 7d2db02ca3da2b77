"""Endpoints of the room: runs, proposals, invoices, payments, milestones."""

from . import invoices, payments, proposals
from .area import endpoints

__all__ = ["endpoints", "invoices", "payments", "proposals"]
