"""Statements that took long: in the log without their values, and counted."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from . import metrics

logger = logging.getLogger("psa.slow_queries")
_LONGEST = 2000


class SlowQueries:
    """An execute wrapper; one object serves all connections, so that it is added to each once."""

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: dict[str, Any],
    ) -> Any:
        began = time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.monotonic() - began
            if took >= settings.SLOW_QUERY_SECONDS:
                metrics.SLOW_QUERIES.labels("many" if many else "one").inc()
                # The statement has placeholders; what stands in their place is people's data.
                logger.warning("slow query, %.0f ms: %s", took * 1000, str(sql)[:_LONGEST])


_WATCH = SlowQueries()


def watch(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receiver of connection_created."""
    if _WATCH not in connection.execute_wrappers:
        connection.execute_wrappers.append(_WATCH)
