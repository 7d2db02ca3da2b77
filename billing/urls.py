"""Addresses of the billing room."""

from django.urls import path

from .views import (
    deliveries,
    dunning,
    invoices,
    milestones,
    of_contract,
    proposals,
    receivable_moves,
    receivables,
    reimbursements,
    retainers,
    review,
    runs,
    statements,
)
from .views import reimbursement_batches as batches

app_name = "billing"
urlpatterns = [
    path("runs/", runs.run_list, name="run_list"),
    path("runs/new/", runs.run_create, name="run_create"),
    path("runs/<int:run_id>/", runs.run, name="run"),
    path("proposals/", proposals.proposal_list, name="proposal_list"),
    path("proposals/new/", proposals.invoice_by_hand, name="invoice_by_hand"),
    path("proposals/confirm/", proposals.proposals_confirm, name="proposals_confirm"),
    path("proposals/<int:proposal_id>/", proposals.proposal, name="proposal"),
    path("proposals/<int:proposal_id>/review/", proposals.review_start, name="review_start"),
    path("proposals/<int:proposal_id>/lines/", proposals.lines_treat, name="lines_treat"),
    path("proposals/<int:proposal_id>/lines/change/", review.lines_change, name="lines_change"),
    path("proposals/<int:proposal_id>/lines/move/", review.lines_move, name="lines_move"),
    path("proposals/<int:proposal_id>/approve/", review.proposal_approve, name="proposal_approve"),
    path("approval/", review.approval_rule, name="approval_rule"),
    path(
        "proposals/<int:proposal_id>/lines/<int:line_id>/",
        proposals.line_change,
        name="line_change",
    ),
    path(
        "proposals/<int:proposal_id>/lines/<int:line_id>/remove/",
        proposals.line_remove,
        name="line_remove",
    ),
    path("proposals/<int:proposal_id>/add/", proposals.line_add, name="line_add"),
    path(
        "proposals/<int:proposal_id>/confirm/", proposals.proposal_confirm, name="proposal_confirm"
    ),
    path("proposals/<int:proposal_id>/try/", proposals.proposal_try, name="proposal_try"),
    path("proposals/<int:proposal_id>/cancel/", proposals.proposal_cancel, name="proposal_cancel"),
    path("contracts/<int:contract_id>/", of_contract.of_contract, name="of_contract"),
    path("invoices/", invoices.invoice_list, name="invoice_list"),
    path("invoices/<int:invoice_id>/", invoices.invoice, name="invoice"),
    path("invoices/<int:invoice_id>/document/", invoices.invoice_document, name="invoice_document"),
    path("invoices/<int:invoice_id>/credit/", invoices.invoice_credit, name="invoice_credit"),
    path("invoices/send/", deliveries.invoices_send, name="invoices_send"),
    path("invoices/<int:invoice_id>/send/", deliveries.invoice_send, name="invoice_send"),
    path("invoices/<int:invoice_id>/backup/", deliveries.invoice_backup, name="invoice_backup"),
    path("deliveries/<int:delivery_id>/retry/", deliveries.delivery_retry, name="delivery_retry"),
    path("milestones/", milestones.milestone_list, name="milestone_list"),
    path("milestones/<int:milestone_id>/task/", milestones.milestone_task, name="milestone_task"),
    path(
        "milestones/<int:milestone_id>/ready/", milestones.milestone_ready, name="milestone_ready"
    ),
    path("retainers/", retainers.retainer_list, name="retainer_list"),
    path("retainers/<int:line_id>/", retainers.retainer, name="retainer"),
    path("retainers/<int:line_id>/terms/", retainers.retainer_terms, name="retainer_terms"),
    path(
        "retainers/periods/<int:period_id>/reconcile/",
        retainers.retainer_reconcile,
        name="retainer_reconcile",
    ),
    path(
        "retainers/periods/<int:period_id>/refund/",
        retainers.retainer_refund,
        name="retainer_refund",
    ),
    path("receivables/", receivables.receivable_list, name="receivable_list"),
    path("customers/<int:account_id>/statement/", statements.statement, name="statement"),
    path(
        "customers/<int:account_id>/statement/send/",
        statements.statement_send,
        name="statement_send",
    ),
    path("statements/<int:delivery_id>/retry/", statements.statement_retry, name="statement_retry"),
    path(
        "customers/<int:account_id>/statement/file/",
        statements.statement_file,
        name="statement_file",
    ),
    path("invoices/<int:invoice_id>/moves/", receivable_moves.invoice_moves, name="invoice_moves"),
    path(
        "invoices/<int:invoice_id>/write-off/",
        receivable_moves.invoice_write_off,
        name="invoice_write_off",
    ),
    path(
        "invoices/<int:invoice_id>/withhold/",
        receivable_moves.invoice_withhold,
        name="invoice_withhold",
    ),
    path(
        "invoices/<int:invoice_id>/release/",
        receivable_moves.invoice_release,
        name="invoice_release",
    ),
    path(
        "invoices/<int:invoice_id>/moves/<int:move_id>/reverse/",
        receivable_moves.move_reverse,
        name="move_reverse",
    ),
    path(
        "contracts/<int:contract_id>/terms/", receivable_moves.contract_terms, name="contract_terms"
    ),
    path(
        "contracts/<int:contract_id>/terms/part/",
        receivable_moves.contract_terms_part,
        name="contract_terms_part",
    ),
    path("reminders/", dunning.reminder_list, name="reminder_list"),
    path("reminders/send/", dunning.reminders_send, name="reminders_send"),
    path("reminders/levels/", dunning.dunning_levels, name="dunning_levels"),
    path("reimbursements/", reimbursements.reimbursement_owed, name="reimbursement_owed"),
    path("reimbursements/paid/", reimbursements.reimbursement_list, name="reimbursement_list"),
    path("reimbursements/new/", reimbursements.reimbursement_create, name="reimbursement_create"),
    path("reimbursements/batches/", batches.batch_list, name="reimbursement_batches"),
    path("reimbursements/batches/new/", batches.batch_create, name="reimbursement_batch_create"),
    path("reimbursements/batches/<int:batch_id>/", batches.batch, name="reimbursement_batch"),
    path(
        "reimbursements/batches/<int:batch_id>/file/<str:file_format>/",
        batches.batch_file,
        name="reimbursement_batch_file",
    ),
    path(
        "reimbursements/batches/<int:batch_id>/paid/",
        batches.batch_paid,
        name="reimbursement_batch_paid",
    ),
    path(
        "reimbursements/batches/<int:batch_id>/cancel/",
        batches.batch_cancel,
        name="reimbursement_batch_cancel",
    ),
    path(
        "reimbursements/<int:reimbursement_id>/reverse/",
        reimbursements.reimbursement_reverse,
        name="reimbursement_reverse",
    ),
    path("payments/", receivables.payment_list, name="payment_list"),
    path("payments/new/", receivables.payment_create, name="payment_create"),
    path("payments/<int:payment_id>/", receivables.payment, name="payment"),
    path("payments/<int:payment_id>/reverse/", receivables.payment_reverse, name="payment_reverse"),
    path("leakage/", receivables.leakage, name="leakage"),
]
