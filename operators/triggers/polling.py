"""A trigger that polls at growing intervals while its task is deferred."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent


class PatientTrigger(BaseTrigger):
    """Polls, each time after a longer wait, and always ends in one event.

    The event's ``status`` is ``complete``, ``late`` (the deadline has passed) or ``error``. It
    loops inside rather than deferring the task again, and waits before its first look: a trigger
    that fires at once can overtake the task that is being deferred.

    :param deadline: ISO time; absolute, so that a restart of the triggerer does not extend it.
    :param conn_id: connection of the database.
    :param interval: seconds before the first look.
    :param longest_interval: longest wait, seconds.
    :param patience: number of failed looks in a row that are tolerated.
    """

    #: What it polls for, named in the log of a failure.
    subject: str

    def __init__(
        self,
        deadline: str,
        conn_id: str,
        interval: float,
        longest_interval: float,
        patience: int,
    ) -> None:
        super().__init__()
        self.deadline = deadline
        self.conn_id = conn_id
        self.interval = interval
        self.longest_interval = longest_interval
        self.patience = patience

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments to create this trigger again."""
        names = ("deadline", "conn_id", "interval", "longest_interval", "patience")
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, self.arguments() | {name: getattr(self, name) for name in names}

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """Arguments of its own."""

    @abstractmethod
    def look(self) -> tuple[bool, str]:
        """Look once, in a thread of its own: whether all is there, and a message for the log."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, look, and end in an event."""
        try:
            yield TriggerEvent(await self._outcome())
        except Exception as error:
            self.log.exception("polling for %s failed", self.subject)
            yield TriggerEvent({"status": "error", "message": f"{type(error).__name__}: {error}"})

    async def _outcome(self) -> dict[str, str]:
        from dias_cbm.errors import RateLimited, Unavailable

        deadline = datetime.fromisoformat(self.deadline)
        interval, failures = self.interval, 0
        while (left := (deadline - datetime.now(UTC)).total_seconds()) > 0:
            await asyncio.sleep(min(interval, max(left, 1.0)))
            try:
                complete, message = await asyncio.to_thread(self.look)
                failures = 0
            except (RateLimited, Unavailable) as error:
                failures += 1
                if failures > self.patience:
                    raise
                self.log.warning("the platform failed %d times in a row: %s", failures, error)
            else:
                if complete:
                    return {"status": "complete", "message": message}
                self.log.info("%s", message)
            interval = min(2 * interval, self.longest_interval)
        return {
            "status": "late",
            "message": f"not everything was there by the deadline, {self.deadline}",
        }
