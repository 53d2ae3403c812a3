"""The task that loads a parcel file into a season."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import task

from dias_cbm_airflow.operators import names

log = logging.getLogger(__name__)


@task(pool=names.DATABASE_POOL, execution_timeout=timedelta(hours=4))
def load_parcels(**context: Any) -> dict[str, Any]:
    """Load the file that the Params name, all or nothing, and return the report.

    :raises AirflowFailException: the file or the Params are unusable; a retry would not help.
    """
    from airflow.sdk.exceptions import AirflowFailException

    from dias_cbm.errors import ParcelFileError, SeasonError
    from dias_cbm.parcels.load import load
    from dias_cbm_airflow.operators.connections import open_database

    params = context["params"]
    with open_database("load_parcels") as connection:
        try:
            report = load(
                connection,
                params["file"],
                params["season"],
                id_column=params["id_column"],
                crop_column=params["crop_column"],
                layer=params["layer"],
                replace=params["replace"],
                crs=params["crs"],
                encoding=params["encoding"],
                max_rejected=params["max_rejected"],
            )
        except (ParcelFileError, SeasonError) as error:
            raise AirflowFailException(str(error)) from error
    log.info("%s", report)
    return json.loads(json.dumps(dataclasses.asdict(report), default=str))
