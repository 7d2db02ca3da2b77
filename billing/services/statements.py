"""The documents of statements of account: made of today's rows whenever asked for."""

from billing import statement_files
from billing.invoice_pdf import Party
from billing.selectors.invoice_documents import bank_facts
from billing.selectors.statements import StatementPage
from billing.statement_files import StatementDocument
from psa.core.org.bank_accounts import account_for


def as_pdf(page: StatementPage) -> bytes:
    """The statement as the customer gets it: names and bank as they are now."""
    entity, account = page.entity, page.account
    return statement_files.render(
        StatementDocument(
            seller=Party(entity.name, entity.address, entity.tax_id),
            seller_footer=tuple(part for part in (entity.registration, entity.email) if part),
            buyer=Party(account.legal_name or account.name, account.address, account.tax_id),
            currency=page.currency,
            statement=page.statement,
            language=page.language,
            bank=bank_facts(account_for(entity, page.currency).as_dict()),
        )
    )
