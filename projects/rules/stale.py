"""When a forecast is stale. Source: docs/rules/projects.md, P-32."""

from typing import Final

# Hours are booked for so long, and nobody says anew what is left.
STALE_DAYS: Final = 14
