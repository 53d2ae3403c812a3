"""The trigger that polls orders while their task is deferred."""

from __future__ import annotations

from typing import Any

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.triggers.polling import PatientTrigger


class OrdersTrigger(PatientTrigger):
    """Ends when there is something to do for an ordered scene; see :class:`PatientTrigger`.

    It only asks; fetching and ordering again are left to the task.

    :param scenes: ids of ordered scenes.
    """

    def __init__(
        self,
        scenes: list[int],
        deadline: str,
        conn_id: str = names.POSTGRES,
        interval: float = 300.0,
        longest_interval: float = 1800.0,
        patience: int = 12,
    ) -> None:
        super().__init__(deadline, conn_id, interval, longest_interval, patience)
        self.scenes = scenes
        self.subject = f"orders of scenes {', '.join(map(str, scenes))}"

    def arguments(self) -> dict[str, Any]:
        """The scenes."""
        return {"scenes": self.scenes}

    def look(self) -> tuple[bool, str]:
        """Ask the order service."""
        from dias_cbm.pipeline import orders
        from dias_cbm_airflow.operators import connections

        with connections.open_database("orders", self.conn_id) as database:
            left = orders.waiting(database, self.scenes)
        text = f"{len(left)} of {len(self.scenes)} scenes are waiting for their order"
        return len(left) < len(self.scenes), text
