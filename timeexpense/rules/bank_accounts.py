"""Account numbers people are paid to: the same rules as for the accounts of entities."""

from psa.core.org.rules.account_numbers import bic_of, is_iban, number_of

__all__ = ["bic_of", "is_iban", "number_of"]
