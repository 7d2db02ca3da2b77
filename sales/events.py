"""What happens in sales that people may be told of."""

from typing import Final

LIMIT_PASSED: Final = "sales.contract.limit_passed"
