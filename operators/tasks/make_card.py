"""The operator that makes or locates the CARD products of scenes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.deferral import is_late, sleep_over_orders

if TYPE_CHECKING:
    from airflow.sdk import Context

_PODS = "KubernetesExecutor"


class MakeCard(BaseOperator):
    """Makes or locates, and validates, the CARD product of each scene.

    A product that cannot be used is recorded in the ledger and does not fail the task. If a
    product's platform does not answer, the task is retried until its retries are used up. While a
    platform makes an ordered product, the task is deferred and takes no slot; the order is stored
    in the database, so a restart of Airflow does not lose it. A product that is not ready in time
    stays ordered, and ``cbm_gaps`` asks for it. Where KubernetesExecutor runs beside another
    executor, the task has a pod of its own.

    :param scenes: ids; one of a product to be made here, or several that are quickly located.
    :param conn_id: connection of the database.
    :param poll_interval: seconds before an order is asked for; each next wait is twice as long.
    :param longest_interval: longest wait, seconds.
    """

    template_fields: Sequence[str] = ("scenes", "conn_id")
    ui_color = "#e4ecd8"

    def __init__(
        self,
        *,
        scenes: list[int],
        conn_id: str = names.POSTGRES,
        poll_interval: float = 300.0,
        longest_interval: float = 1800.0,
        **options: Any,
    ) -> None:
        options.setdefault("pool", names.CARD_POOL)
        options.setdefault("execution_timeout", timedelta(hours=4))
        options.setdefault("executor", _executor())
        super().__init__(**options)
        self.scenes = scenes
        self.conn_id = conn_id
        self.poll_interval = poll_interval
        self.longest_interval = longest_interval

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Make what can be made; defer while something is on order.

        :raises AirflowException: a platform does not answer, and there are retries left.
        """
        outcomes = self._make()
        ordered = [one["scene"] for one in outcomes if one["outcome"] == "ordered"]
        if not ordered:
            return self._end(context, outcomes)
        sleeping: list[dict[str, Any]] = sleep_over_orders(
            self, ordered, self.conn_id, self.poll_interval, self.longest_interval
        )
        return sleeping

    def execute_complete(
        self, context: Context, event: dict[str, Any] | None
    ) -> list[dict[str, Any]]:
        """Continue after the trigger, with all scenes: those that are ready are left alone.

        :raises AirflowException: the trigger ended with an error, or as :meth:`execute`.
        """
        late = is_late(event)
        self.log.info("resumed: %s", event)
        return self._end(context, self._make()) if late else self.execute(context)

    def _make(self) -> list[dict[str, Any]]:
        from dias_cbm.pipeline import day
        from dias_cbm_airflow.operators import connections

        with (
            connections.services(),
            connections.open_database("make_card", self.conn_id) as database,
        ):
            outcomes = day.make(database, self.scenes)
        for outcome in outcomes:
            self.log.info("%s", outcome)
        return [
            {"scene": one.scene_id, "outcome": one.outcome, "reason": one.why} for one in outcomes
        ]

    def _end(self, context: Context, outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        from dias_cbm_airflow.operators.outage_retry import wait_for_platforms

        wait_for_platforms(context, [str(one["outcome"]) for one in outcomes])
        return outcomes


def _executor() -> str | None:
    """Pods if they are Airflow's second choice; None: its first choice, whatever that is.

    Making a product takes minutes and much memory, and there are many of them at once or none.
    """
    from airflow.configuration import conf

    _, *others = (name.strip() for name in conf.get_mandatory_value("core", "executor").split(","))
    return _PODS if _PODS in others else None
