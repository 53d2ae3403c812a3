"""Airflow DAG: Sentinel-2 reflectance (CARD-2A), one day of observation per run."""

from __future__ import annotations

from dias_cbm_airflow.operators.daily_dag import day_of_observation
from dias_cbm_airflow.operators.names import Tag

dag = day_of_observation("s2", "Sentinel-2 reflectance (CARD-2A)", Tag.SENTINEL_2)
