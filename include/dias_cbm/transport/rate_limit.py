"""A rate limit per platform, shared by all processes that use one database."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.queries import query
from dias_cbm.errors import SettingsError
from dias_cbm.transport.http import Limiter, bucket_of

log = logging.getLogger(__name__)


class SharedBucket:
    """Spaces calls as :class:`dias_cbm.transport.http.TokenBucket` does, by table ``rate_limit``.

    Without the database each process keeps to the rate on its own, so that work continues.

    :param rate: calls a second, of all processes together.
    """

    def __init__(
        self, platform: str, rate: float, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.platform, self.rate = platform, rate
        self._sleep = sleep
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._alone: Limiter | None = None

    def take(self) -> None:
        """Take one token; wait until one is available."""
        import psycopg

        alone = self._alone
        if alone is not None:
            alone.take()
            return
        try:
            with self._lock:
                debt = self._take()
        except (psycopg.Error, SettingsError) as error:
            log.warning(
                "%s: no shared rate limit (%s); this process keeps its own",
                self.platform,
                type(error).__name__,
            )
            self._alone = bucket_of(self.platform, self.rate)
            self._alone.take()
            return
        if debt > 0:
            self._sleep(debt)

    def _take(self) -> float:
        """Seconds to wait for the token; a negative balance is a place in the queue."""
        if self._connection is None or self._connection.closed:
            self._connection = connect(application="cbm rate limit", autocommit=True)
        values = {"platform": self.platform, "rate": self.rate, "capacity": max(1.0, self.rate)}
        row = self._connection.execute(query("transport/rate_limit_take"), values).fetchone()
        return 0.0 if row is None else max(0.0, -row.tokens / self.rate)

    def close(self) -> None:
        """Close the connection to the database."""
        if self._connection is not None:
            self._connection.close()
