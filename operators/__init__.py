"""Airflow's hands: one sensor, trigger or task a file, each a thin face on one library call."""
