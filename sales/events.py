"""What happens in sales that people may be told of."""

from typing import Final

LIMIT_PASSED: Final = "sales.contract.limit_passed"
QUOTE_MAILING: Final = "sales.quote.mailing"
QUOTE_MAILED: Final = "sales.quote.mailed"
QUOTE_NOT_MAILED: Final = "sales.quote.not_mailed"
