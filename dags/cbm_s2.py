"""Airflow DAG: Sentinel-2 reflectance (CARD-2A), a day of observation a run."""

from __future__ import annotations

from operators.day_of_observation import day_of_observation
from operators.names import Tag

dag = day_of_observation("s2", "Sentinel-2 reflectance (CARD-2A)", Tag.SENTINEL_2)
