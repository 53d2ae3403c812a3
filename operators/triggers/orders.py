"""The trigger that asks for orders while their task is asleep."""

from __future__ import annotations

import asyncio
from typing import Any

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.triggers.polling import PatientTrigger


class OrdersTrigger(PatientTrigger):
    """Ends when there is something to do for ordered scenes; see :class:`PatientTrigger`.

    It only asks: whatever is fetched or ordered anew, a task does.

    :param scenes: ids of ordered scenes.
    :param every: end when there is something to do for all of them, not for the first.
    """

    def __init__(
        self,
        scenes: list[int],
        deadline: str,
        every: bool = False,
        conn_id: str = names.POSTGRES,
        interval: float = 300.0,
        longest_interval: float = 1800.0,
        patience: int = 12,
    ) -> None:
        super().__init__(deadline, conn_id, interval, longest_interval, patience)
        self.scenes = scenes
        self.every = every
        self.subject = f"orders of scenes {', '.join(map(str, scenes))}"

    def arguments(self) -> dict[str, Any]:
        """The scenes, and how many of them are waited for."""
        return {"scenes": self.scenes, "every": self.every}

    async def look(self) -> tuple[bool, str]:
        """Ask the order service."""
        from dias_cbm_airflow.operators import orders
        from dias_cbm_airflow.operators.connections import database_url_in_trigger

        url = await database_url_in_trigger(self.conn_id)
        left = await asyncio.to_thread(orders.waiting, url, self.scenes)
        complete = not left if self.every else len(left) < len(self.scenes)
        return complete, f"{len(left)} of {len(self.scenes)} scenes wait for their order"
