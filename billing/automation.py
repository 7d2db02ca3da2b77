"""What rules of the firm may be about in billing: invoices, payments, billing milestones."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from projects import automation as projects
from projects.models import Project
from psa.core.automation.amounts import in_firm_currency
from psa.core.automation.rules.conditions import Kind
from psa.core.automation.subjects import Deadline, Facts, Field, Subject, register
from psa.core.custom_fields import selectors as custom_fields
from sales.models import Contract

from .models import ContractMilestone, Invoice, Proposal

AMOUNT = Field("amount", "Net amount in the firm's currency", Kind.NUMBER)
CUSTOMER = Field("customer", "Customer", Kind.TEXT)
CURRENCY = Field("currency", "Currency", Kind.TEXT)
ENTITY = Field("entity", "Legal entity", Kind.TEXT)
PEOPLE = (
    ("finance_contact", "The finance contact of its project"),
    ("manager", "The project manager"),
    ("contract_owner", "The owner of the contract"),
)


def people_of_contracts(contract_ids: Collection[int]) -> dict[int, dict[str, tuple[int, ...]]]:
    """Per contract: its owner, the managers of its projects, and whom invoices are told to.

    The finance contact is whoever a project of it names in its custom field of that name; the owner
    is told of invoices anyway.
    """
    owners = dict(Contract.objects.filter(pk__in=contract_ids).values_list("id", "owner_id"))
    by_contract: dict[int, list[Project]] = defaultdict(list)
    for project in Project.objects.filter(contract_id__in=contract_ids).select_related("contract"):
        by_contract[project.contract_id].append(project)
    every = [project for found in by_contract.values() for project in found]
    people = projects.people_of(every)
    named = custom_fields.members_named(
        "projects.Project", "finance_contact", [project.pk for project in every]
    )
    found = {}
    for contract_id, owner_id in owners.items():
        ids = [project.pk for project in by_contract[contract_id]]
        found[contract_id] = {
            "contract_owner": (owner_id,),
            "manager": _each(people[pk]["manager"] for pk in ids),
            "finance_contact": _each(named.get(pk, ()) for pk in ids),
        }
    return found


def _each(found: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(pk for members in found for pk in members))


def load_invoices(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(Invoice.objects.filter(pk__in=ids).select_related("account", "legal_entity"))
    amounts = in_firm_currency([(row.net_amount, row.currency) for row in rows], on=on)
    people = people_of_contracts({row.contract_id for row in rows})
    return {
        row.pk: Facts(
            f"{row.number} {row.account.name}",
            "billing:invoice",
            row.pk,
            {
                "amount": amount,
                "customer": row.account.name,
                "currency": row.currency,
                "entity": row.legal_entity.name,
                "due_on": row.due_on,
            },
            people[row.contract_id],
        )
        for row, amount in zip(rows, amounts, strict=True)
    }


def load_proposals(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        Proposal.objects.filter(pk__in=ids).select_related("account", "contract__legal_entity")
    )
    people = people_of_contracts({row.contract_id for row in rows})
    return {
        row.pk: Facts(
            f"{row.number} {row.account.name}",
            "billing:proposal",
            row.pk,
            {
                "customer": row.account.name,
                "currency": row.currency,
                "entity": row.contract.legal_entity.name,
            },
            people[row.contract_id],
        )
        for row in rows
    }


def load_milestones(ids: Collection[int], on: date) -> Mapping[int, Facts]:
    rows = list(
        ContractMilestone.objects.filter(pk__in=ids).select_related(
            "contract_line__contract__account"
        )
    )
    people = people_of_contracts({row.contract_line.contract_id for row in rows})
    return {
        row.pk: Facts(
            f"{row.name}, {row.contract_line.contract.number}",
            "sales:contract",
            row.contract_line.contract_id,
            {
                "customer": row.contract_line.contract.account.name,
                "currency": row.contract_line.contract.currency,
                "due_on": row.due_on,
                "state": str(row.get_state_display()),
            },
            people[row.contract_line.contract_id],
        )
        for row in rows
    }


def due_milestones(from_on: date, until_on: date) -> Sequence[tuple[int, date]]:
    """Milestones of live contracts that are not ready, by their day. One query."""
    return list(
        ContractMilestone.objects.filter(
            state=ContractMilestone.State.NOT_STARTED,
            due_on__gte=from_on,
            due_on__lt=until_on,
            contract_line__contract__status=Contract.Status.CONFIRMED,
        )
        .order_by("due_on", "id")
        .values_list("id", "due_on")
    )


register(
    Subject(
        "billing.Invoice",
        "Invoice",
        (
            ("billing.invoice.confirmed", "Invoice confirmed"),
            ("billing.credit_note.confirmed", "Credit note confirmed"),
            ("billing.invoice.sent", "Invoice sent"),
            ("billing.invoice.not_sent", "Invoice could not be sent"),
        ),
        (AMOUNT, CUSTOMER, CURRENCY, ENTITY, Field("due_on", "Due", Kind.DATE)),
        PEOPLE,
        load_invoices,
    ),
    Subject(
        "billing.Proposal",
        "Invoice proposal",
        (
            ("billing.proposal.drafted", "Invoice proposal drafted"),
            ("billing.proposal.approved", "Invoice proposal approved"),
            ("billing.proposal.cancelled", "Invoice proposal cancelled"),
        ),
        (CUSTOMER, CURRENCY, ENTITY),
        PEOPLE,
        load_proposals,
    ),
    Subject(
        "billing.ContractMilestone",
        "Billing milestone",
        (("billing.milestone.ready", "Billing milestone ready to invoice"),),
        (
            CUSTOMER,
            CURRENCY,
            Field("due_on", "Due", Kind.DATE),
            Field("state", "State", Kind.TEXT),
        ),
        PEOPLE,
        load_milestones,
    ),
    Deadline(
        "billing.milestone_due",
        "Billing milestone is due",
        "billing.ContractMilestone",
        due_milestones,
    ),
)
