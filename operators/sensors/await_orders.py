"""The sensor that waits for products ordered from a platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.deferral import is_late, sleep_over_orders

if TYPE_CHECKING:
    from airflow.sdk import Context


class AwaitOrders(BaseSensorOperator):
    """Waits until every ordered scene can be gone on with, or the patience is at an end.

    For graphs of one's own, in which another task has ordered; :class:`GenerateCardOperator` waits
    by itself. It asks once, then lets its trigger ask. Orders that do not come do not fail it.

    :param scenes: ids of scenes; those that are not on order are not waited for.
    :param conn_id: connection of the database.
    :param poke_interval: seconds before the trigger's first look; each next wait is twice as long.
    :param longest_interval: seconds, where the waits stop growing.
    """

    template_fields: Sequence[str] = ("scenes", "conn_id")
    ui_color = "#dceee4"

    def __init__(
        self,
        *,
        scenes: list[int],
        conn_id: str = names.POSTGRES,
        poke_interval: float = 300.0,
        longest_interval: float = 1800.0,
        **options: Any,
    ) -> None:
        options.setdefault("pool", names.CATALOGUE_POOL)
        options.setdefault("execution_timeout", timedelta(minutes=30))
        super().__init__(poke_interval=poke_interval, **options)
        self.scenes = scenes
        self.conn_id = conn_id
        self.longest_interval = longest_interval

    def execute(self, context: Context) -> list[int]:
        """Ask once; sleep while something is on order."""
        from dias_cbm_airflow.operators import orders
        from dias_cbm_airflow.operators.connections import database_url

        left = orders.waiting(database_url(self.conn_id), self.scenes)
        if not left:
            return list(self.scenes)
        sleeping: list[int] = sleep_over_orders(
            self, left, self.conn_id, self.poke_interval, self.longest_interval, every=True
        )
        return sleeping

    def execute_complete(self, context: Context, event: dict[str, Any] | None) -> list[int]:
        """Go on after the trigger.

        :raises AirflowException: the trigger ended with an error.
        """
        is_late(event)
        self.log.info("woken: %s", event)
        return list(self.scenes)
