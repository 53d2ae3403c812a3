"""Read by every Airflow component at its start, from AIRFLOW_HOME/config.

LocalExecutor and Celery fork their task processes: what the parent has imported costs a task
nothing, where importing it anew costs five seconds of CPU. Nothing here opens a raster, a
connection or a thread, which would not survive the fork.
"""

import os
import sys
from pathlib import Path
from typing import Any

# With Celery it is not the scheduler that forks tasks.
_FORKS = "worker" in sys.argv or (
    "scheduler" in sys.argv and "Celery" not in os.environ.get("AIRFLOW__CORE__EXECUTOR", "")
)

if _FORKS:
    import geopandas  # noqa: F401
    import lightgbm  # noqa: F401
    import lxml.etree  # noqa: F401
    import numba  # noqa: F401
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import psycopg  # noqa: F401
    import pyproj  # noqa: F401
    import rasterio  # noqa: F401
    import shapely  # noqa: F401

if "worker" in sys.argv and (_HEARTBEAT := os.environ.get("WORKER_HEARTBEAT_FILE")):
    from celery.signals import heartbeat_sent

    # Celery keeps weak references only.
    @heartbeat_sent.connect(weak=False)
    def touch_heartbeat(**_: Any) -> None:
        """Leave a sign of life for the health check; asking Celery takes seconds of CPU."""
        Path(_HEARTBEAT).touch()
