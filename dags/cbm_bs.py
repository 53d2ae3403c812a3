"""Airflow DAG: Sentinel-1 backscatter (CARD-BS), one day of observation per run."""

from __future__ import annotations

from dias_cbm_airflow.operators.daily_dag import day_of_observation
from dias_cbm_airflow.operators.names import Tag

dag = day_of_observation("bs", "Sentinel-1 backscatter (CARD-BS)", Tag.SENTINEL_1)
