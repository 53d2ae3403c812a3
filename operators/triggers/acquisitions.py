"""The trigger that polls for a day's acquisitions while its task is deferred."""

from __future__ import annotations

from datetime import date
from typing import Any

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.triggers.polling import PatientTrigger


class AcquisitionsTrigger(PatientTrigger):
    """Ends when all acquisitions of a day are listed; see :class:`PatientTrigger`.

    :param card: the CARD product family.
    :param day: ISO date, UTC.
    """

    def __init__(
        self,
        card: str,
        day: str,
        deadline: str,
        conn_id: str = names.POSTGRES,
        interval: float = 300.0,
        longest_interval: float = 3600.0,
        patience: int = 12,
    ) -> None:
        super().__init__(deadline, conn_id, interval, longest_interval, patience)
        self.card = card
        self.day = day
        self.subject = f"acquisitions of {day}"

    def arguments(self) -> dict[str, Any]:
        """Card and day."""
        return {"card": self.card, "day": self.day}

    def look(self) -> tuple[bool, str]:
        """Ask the catalogue."""
        from dias_cbm.pipeline import day
        from dias_cbm_airflow.operators import connections

        with (
            connections.services(),
            connections.open_database(f"{self.card} {self.day}", self.conn_id) as database,
        ):
            arrivals = day.look(database, self.card, date.fromisoformat(self.day))
        return arrivals.complete, arrivals.message
