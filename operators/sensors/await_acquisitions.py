"""The sensor that waits for a day's acquisitions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator, SkipMixin

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.deferral import is_late

if TYPE_CHECKING:
    from datetime import date

    from airflow.sdk import Context

    from dias_cbm.pipeline.day import Arrivals


class AwaitAcquisitions(BaseSensorOperator, SkipMixin):
    """Waits until the day's scenes are listed or the deadline has passed; asks once, then defers.

    Returns the ids of the day's scenes, in batches. A late pass does not fail the run: it is
    recorded when the day is closed. A day without scenes is closed here; in that case, or if no
    season is open, all later tasks are skipped.

    :param card: the CARD product family, ``bs``, ``c6``, ``c12`` or ``s2``.
    :param conn_id: connection of the database.
    :param poke_interval: seconds before the trigger's first look; each next wait is twice as long.
    :param longest_interval: longest wait, seconds.
    """

    template_fields: Sequence[str] = ("card", "conn_id")
    ui_color = "#dceee4"
    # With this, when a task is cleared, Airflow checks whether this one has skipped it.
    inherits_from_skipmixin = True

    def __init__(
        self,
        *,
        card: str,
        conn_id: str = names.POSTGRES,
        poke_interval: float = 300.0,
        longest_interval: float = 3600.0,
        **options: Any,
    ) -> None:
        options.setdefault("pool", names.CATALOGUE_POOL)
        options.setdefault("execution_timeout", timedelta(minutes=30))
        super().__init__(poke_interval=poke_interval, **options)
        self.card = card
        self.conn_id = conn_id
        self.longest_interval = longest_interval

    def execute(self, context: Context) -> list[list[int]]:
        """Ask the catalogue once; defer if the day is not complete yet."""
        arrivals = self._look(context)
        if not arrivals.seasons:
            self.log.warning("no season is open on %s", self._day(context))
            return self._skip_the_rest(context)
        self.log.info("%s", arrivals.message)
        if arrivals.complete:
            return self._hand_over(context, arrivals)
        return self._wait(arrivals.deadline, self._day(context))

    def execute_complete(self, context: Context, event: dict[str, Any] | None) -> list[list[int]]:
        """Continue after the trigger; ask again, since its event only says that it ended.

        :raises AirflowException: the trigger ended with an error.
        """
        late = is_late(event)
        arrivals = self._look(context)
        self.log.info("%s: %s", "late" if late else "complete", arrivals.message)
        return self._hand_over(context, arrivals)

    def _day(self, context: Context) -> date:
        from dias_cbm_airflow.operators.run_day import observation_day

        return observation_day(context)

    def _look(self, context: Context) -> Arrivals:
        from dias_cbm.pipeline import day
        from dias_cbm_airflow.operators import connections, run_day

        with (
            connections.services(),
            connections.open_database("await_acquisitions", self.conn_id) as database,
        ):
            found = day.look(database, self.card, self._day(context), run_day.only_season(context))
            only = run_day.only_scene(context)
            if only is None:
                return found
            return day.within(database, found, self.card, only[0], alone=only[1])

    def _wait(self, deadline: datetime, day: date) -> Any:
        from dias_cbm_airflow.operators.triggers.acquisitions import AcquisitionsTrigger

        trigger = AcquisitionsTrigger(
            card=self.card,
            day=day.isoformat(),
            deadline=deadline.isoformat(),
            conn_id=self.conn_id,
            interval=self.poke_interval,
            longest_interval=self.longest_interval,
        )
        # The trigger itself ends at the deadline; this is for one that hangs.
        patience = deadline - datetime.now(UTC) + timedelta(seconds=2 * self.longest_interval)
        return self.defer(trigger=trigger, method_name="execute_complete", timeout=patience)

    def _hand_over(self, context: Context, arrivals: Arrivals) -> list[list[int]]:
        from dias_cbm.config.settings import settings
        from dias_cbm_airflow.operators.batches import batches

        if not arrivals.scenes:
            self._close(context)
            self.log.info("no scenes: closing the day and skipping the rest of the run")
            return self._skip_the_rest(context)
        return batches(arrivals.scenes, arrivals.seconds, settings().airflow.task_seconds)

    def _skip_the_rest(self, context: Context) -> list[list[int]]:
        """End successfully and skip all later tasks, whatever their trigger rules."""
        self.skip(context["ti"], context["task"].get_flat_relatives(upstream=False))
        return []

    def _close(self, context: Context) -> None:
        from dias_cbm.pipeline import day
        from dias_cbm_airflow.operators import connections, run_day

        if run_day.only_scene(context) is not None:
            return  # the day may have others
        with connections.open_database("await_acquisitions", self.conn_id) as database:
            day.close(database, self.card, self._day(context), run_day.only_season(context))
