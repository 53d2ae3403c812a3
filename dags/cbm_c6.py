"""Airflow DAG: Sentinel-1 six-day coherence (CARD-COH6), one day of observation per run."""

from __future__ import annotations

from dias_cbm_airflow.operators.daily_dag import day_of_observation
from dias_cbm_airflow.operators.names import Tag

dag = day_of_observation("c6", "Sentinel-1 six-day coherence (CARD-COH6)", Tag.SENTINEL_1)
