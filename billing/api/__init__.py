"""Endpoints of the room: runs, proposals, invoices, payments, statements, milestones, retainers."""

from . import (
    invoices,
    payments,
    proposals,
    receivable_moves,
    reimbursement_batches,
    statements,
)
from .area import endpoints

__all__ = [
    "endpoints",
    "invoices",
    "payments",
    "proposals",
    "receivable_moves",
    "reimbursement_batches",
    "statements",
]
