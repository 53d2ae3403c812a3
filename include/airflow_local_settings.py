"""Read by every Airflow component at its start, from AIRFLOW_HOME/config.

LocalExecutor and Celery fork their task processes: what the parent has imported costs a task
nothing, where importing it anew costs five seconds of CPU. Nothing here opens a raster, a
connection or a thread, which would not survive the fork.
"""

import sys

if "scheduler" in sys.argv or "worker" in sys.argv:
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
