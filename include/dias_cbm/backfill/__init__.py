"""Backfills: what one would do, and one followed through Airflow."""
