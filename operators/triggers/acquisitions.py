"""The trigger that looks for a day's acquisitions while its task is asleep."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.triggers.polling import PatientTrigger


class AcquisitionsTrigger(PatientTrigger):
    """Ends when all acquisitions of a day are in; see :class:`PatientTrigger`.

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

    async def look(self) -> tuple[bool, str]:
        """Look into the catalogue."""
        from dias_cbm.catalogue.accounts import accounts_from
        from dias_cbm.storage import credentials_from
        from dias_cbm_airflow.operators import acquisitions
        from dias_cbm_airflow.operators.connections import (
            database_url_in_trigger,
            services_in_trigger,
        )

        url = await database_url_in_trigger(self.conn_id)
        accounts, credentials = await services_in_trigger()
        with accounts_from(accounts.get), credentials_from(credentials.get):
            arrivals = await asyncio.to_thread(
                acquisitions.look, url, self.card, date.fromisoformat(self.day)
            )
        return arrivals.complete, arrivals.message
