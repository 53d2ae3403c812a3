"""Airflow DAG: Sentinel-1 twelve-day coherence (CARD-COH12), one day of observation per run."""

from __future__ import annotations

from dias_cbm_airflow.operators.daily_dag import day_of_observation
from dias_cbm_airflow.operators.names import Tag

dag = day_of_observation("c12", "Sentinel-1 twelve-day coherence (CARD-COH12)", Tag.SENTINEL_1)
